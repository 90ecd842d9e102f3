import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { Answer } from "../api.ts";
import { isPending } from "../inbox.ts";
import { SignInPage } from "../pages/sign-in.tsx";
import { meQuery, reviewsQuery, useSignedIn } from "../queries.ts";
import { placesFor, titleOf } from "../places.ts";
import { useLive, useRenewal } from "../signed-in.ts";
import { PersonMenu } from "./person-menu.tsx";
import { Loading, Trouble } from "./states.tsx";

/** Everything stands inside: who is not signed in sees the sign-in page, wherever she went. */
export function Shell() {
  const me = useQuery(meQuery);
  if (me.isPending) return <Loading />;
  if (me.data === undefined) return <Trouble error={me.error} retry={() => void me.refetch()} />;
  return me.data === null ? <SignInPage /> : <SignedIn me={me.data} />;
}

function SignedIn({ me }: { readonly me: Answer<"me"> }) {
  useLive();
  useRenewal(me);
  const main = useRef<HTMLElement>(null);
  useTitle();
  useFocusOnPage(main);
  return (
    <div className="mx-auto flex min-h-dvh max-w-7xl flex-col px-3 sm:px-6">
      <a href="#main" className="button sr-only focus:not-sr-only focus:absolute focus:m-2">
        Skip to the page
      </a>
      <header className="flex flex-wrap items-center gap-x-4 gap-y-1 py-3">
        <Link to="/" className="flex items-center gap-2 text-lg font-bold">
          <img src="/icon.svg" alt="" width="28" height="28" />
          Sluice
        </Link>
        <Tabs />
        <PersonMenu me={me} />
      </header>
      <main id="main" ref={main} tabIndex={-1} className="flex-1 pb-10">
        <Outlet />
      </main>
    </div>
  );
}

function Tabs() {
  const waiting = useWaiting();
  const list = useRef<HTMLUListElement>(null);
  // On a phone the links are one row that scrolls: where one is should be in sight.
  useEffect(() => {
    const here = list.current?.querySelector('[aria-current="page"]');
    here?.scrollIntoView({ block: "nearest", inline: "center" });
  });
  return (
    <nav aria-label="Pages" className="order-last w-full sm:order-none sm:w-auto sm:flex-1">
      <ul ref={list} className="flex gap-1 overflow-x-auto sm:flex-wrap">
        {placesFor(useSignedIn()).map(({ to, name }) => (
          <li key={to}>
            <Link to={to} className="tab">
              {name}
              {to === "/reviews" && waiting > 0 && (
                <span className="chip chip-warn" title={`${waiting} waiting`}>
                  {waiting}
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const useWaiting = (): number => (useQuery(reviewsQuery).data ?? []).filter(isPending).length;

const usePage = (): string => useLocation().pathname.split("/")[1] ?? "";

function useTitle(): void {
  const waiting = useWaiting();
  const page = titleOf(usePage());
  useEffect(() => {
    const title = page === undefined ? "Sluice" : `${page} · Sluice`;
    document.title = waiting > 0 ? `(${waiting}) ${title}` : title;
  }, [waiting, page]);
}

/** A new page is read from its start, as after a full load; the first one is not stolen from. */
function useFocusOnPage(main: React.RefObject<HTMLElement | null>): void {
  const page = usePage();
  const shown = useRef(page);
  useEffect(() => {
    if (shown.current !== page) main.current?.focus();
    shown.current = page;
  }, [page, main]);
}
