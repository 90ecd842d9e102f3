import { useState } from "react";
import { type Scope, SCOPES } from "../../../core/api/scope.ts";
import { useMakeToken } from "../api-tokens.ts";
import { counted } from "../words.ts";
import { CopyLine } from "./copy.tsx";
import { Trouble } from "./states.tsx";

/** The gateway takes any number up to the last. */
const DAYS = [7, 30, 90] as const;
const ALL = Object.entries(SCOPES) as [Scope, string][];

export function MakeToken() {
  const make = useMakeToken();
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const toggle = (scope: Scope) =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  const send = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const [name, days] = [data.get("name") as string, Number(data.get("days"))];
    const done = () => {
      form.reset();
      setScopes([]);
    };
    make.mutate({ name, scopes, days }, { onSuccess: done });
  };
  return (
    <form
      aria-label="Make a token"
      className="card grid gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        send(event.currentTarget);
      }}
    >
      {make.data !== undefined && <Made name={make.data.name} token={make.data.token} />}
      <Name />
      <Scopes chosen={scopes} toggle={toggle} />
      <label className="grid gap-1">
        For how long
        <select name="days" className="field" defaultValue={30}>
          {DAYS.map((days) => (
            <option key={days} value={days}>
              {counted(days, "day")}
            </option>
          ))}
        </select>
      </label>
      {make.error !== null && <Trouble error={make.error} />}
      <div>
        <button
          type="submit"
          className="button button-primary"
          disabled={make.isPending || scopes.length === 0}
        >
          Make it
        </button>
      </div>
    </form>
  );
}

const Name = () => (
  <label className="grid gap-1">
    Name
    <span className="text-sm text-muted">
      It stands beside yours wherever the token acts: small letters, digits, dots and dashes.
    </span>
    <input
      name="name"
      className="field"
      required
      maxLength={63}
      pattern="[a-z0-9][a-z0-9._\-]*"
      autoComplete="off"
    />
  </label>
);

type ScopesProps = {
  readonly chosen: readonly Scope[];
  readonly toggle: (scope: Scope) => void;
};

const Scopes = ({ chosen, toggle }: ScopesProps) => (
  <fieldset className="grid gap-2">
    <legend className="mb-1">What it is for</legend>
    {ALL.map(([scope, words]) => (
      <label key={scope} className="flex items-start gap-2 text-sm">
        <input
          type="checkbox"
          className="mt-1 size-4 shrink-0 accent-accent"
          checked={chosen.includes(scope)}
          onChange={() => toggle(scope)}
        />
        <span>
          <code className="font-mono font-semibold">{scope}</code>{" "}
          <span className="text-muted">{words}</span>
        </span>
      </label>
    ))}
  </fieldset>
);

const Made = ({ name, token }: { readonly name: string; readonly token: string }) => (
  <div role="status" className="grid gap-2 rounded-lg bg-sunk p-3">
    <p className="font-semibold">Copy {name} now: it is not shown again.</p>
    <CopyLine command={token} />
  </div>
);
