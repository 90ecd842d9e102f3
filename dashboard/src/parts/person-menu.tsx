import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { type Answer, signOut } from "../api.ts";
import { useKept } from "../kept.ts";
import { shortcuts } from "../keys.ts";
import { menuFor } from "../places.ts";
import { signedOut } from "../queries.ts";
import { type Theme, theme, THEMES } from "../theme.ts";
import { listed } from "../words.ts";

const THEME_NAMES: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};

export function PersonMenu({ me }: { readonly me: Answer<"me"> }) {
  const menu = useRef<HTMLDivElement>(null);
  const close = () => menu.current?.hidePopover();
  return (
    <div className="relative ml-auto">
      <button type="button" className="button" popoverTarget="person">
        <span className="max-w-40 truncate">{me.name}</span>
        <span aria-hidden="true">▾</span>
      </button>
      <div
        id="person"
        ref={menu}
        popover="auto"
        role="group"
        aria-label="You"
        className="card inset-auto top-16 right-4 w-72 p-4 text-ink shadow-lg"
      >
        <p className="font-semibold break-words">{me.name}</p>
        <p className="text-sm break-words text-muted">
          {me.roles.length === 0 ? "No role" : `Role: ${listed(me.roles)}`}
          {me.groups.length > 0 && `; groups: ${listed(me.groups)}`}
        </p>
        <Choices />
        <Links me={me} close={close} />
        <SignOut />
      </div>
    </div>
  );
}

/** To go somewhere closes the menu. */
const Links = ({ me, close }: { readonly me: Answer<"me">; readonly close: () => void }) => (
  <ul className="mb-4 grid gap-1">
    {menuFor(me).map(({ to, name }) => (
      <li key={to}>
        <Link to={to} className="link inline-block py-1" onClick={close}>
          {name}
        </Link>
      </li>
    ))}
  </ul>
);

function Choices() {
  const chosen = useKept(theme);
  const keys = useKept(shortcuts);
  return (
    <div className="my-4 grid gap-3">
      <label className="grid gap-1 text-sm">
        Colours
        <select
          className="field"
          value={chosen}
          onChange={({ target }) => theme.set(target.value as Theme)}
        >
          {THEMES.map((name) => (
            <option key={name} value={name}>
              {THEME_NAMES[name]}
            </option>
          ))}
        </select>
      </label>
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={keys === "on"}
          onChange={({ target }) => shortcuts.set(target.checked ? "on" : "off")}
        />
        Keys: j, k, Enter, a, r
      </label>
    </div>
  );
}

function SignOut() {
  const [failed, setFailed] = useState(false);
  const leave = async () => {
    const { ok } = await signOut().catch(() => ({ ok: false }));
    setFailed(!ok);
    if (ok) signedOut();
  };
  return (
    <>
      <button type="button" className="button w-full" onClick={() => void leave()}>
        Sign out
      </button>
      <p role="alert" className="text-sm text-danger">
        {failed && "You are still signed in: the gateway did not answer."}
      </p>
    </>
  );
}
