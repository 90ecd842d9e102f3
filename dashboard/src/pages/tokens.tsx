import { useInfiniteQuery } from "@tanstack/react-query";
import { type ApiToken, tokensQuery, whyOver } from "../api-tokens.ts";
import { Chips } from "../parts/chips.tsx";
import { MakeToken } from "../parts/make-token.tsx";
import { RevokeToken } from "../parts/revoke-token.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { Time, useNow } from "../parts/time.tsx";
import { useSignedIn } from "../queries.ts";

export function TokensPage() {
  const query = useInfiniteQuery(tokensQuery);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = query;
  const tokens = data?.pages.flatMap(({ items }) => items);
  return (
    <div className="grid gap-4 lg:grid-cols-2 lg:items-start">
      <div className="grid gap-4">
        <h1 className="text-xl font-bold">API tokens</h1>
        <p className="text-muted">
          For scripts and pipelines. A token acts as you, within its scopes, and rests while you are
          signed in nowhere. None approves anything, and none opens a session.
        </p>
        <MakeToken />
      </div>
      <section aria-labelledby="made" className="card min-w-0">
        <h2 id="made" className="border-b border-line px-4 py-3 text-lg font-bold">
          Tokens
        </h2>
        {tokens === undefined && error === null && <Loading />}
        {error !== null && <Trouble error={error} retry={() => void refetch()} />}
        {tokens?.length === 0 && (
          <Empty title="No token yet.">What you make is listed here, without its secret.</Empty>
        )}
        <ul aria-label="API tokens" className="divide-y divide-line">
          {tokens?.map((token) => (
            <li key={token.id} className="p-4">
              <Row token={token} />
            </li>
          ))}
        </ul>
        {hasNextPage && (
          <div className="border-t border-line p-3 text-center">
            <button
              type="button"
              className="button"
              disabled={isFetchingNextPage}
              onClick={() => void fetchNextPage()}
            >
              {isFetchingNextPage ? "Loading" : "Show older ones"}
            </button>
          </div>
        )}
      </section>
    </div>
  );
}

function Row({ token }: { readonly token: ApiToken }) {
  const { id, roles } = useSignedIn();
  const over = whyOver(token, useNow());
  const mayRevoke = token.owner.id === id || roles.includes("admin");
  return (
    <article aria-label={token.name} className="grid gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="font-semibold break-words">{token.name}</h3>
        {token.owner.id !== id && <span className="text-muted">of {token.owner.name}</span>}
        <span className={`chip ${over === null ? "chip-good" : ""}`}>{over ?? "good"}</span>
      </div>
      <Chips words={token.scopes} />
      <p className="text-sm text-muted">
        {over === null ? "until" : "was until"} <Time at={token.expiresAt} />;{" "}
        {token.lastUsedAt === null ? (
          "never used"
        ) : (
          <>
            last used <Time at={token.lastUsedAt} />
          </>
        )}
      </p>
      {over === null && mayRevoke && <RevokeToken token={token} />}
    </article>
  );
}
