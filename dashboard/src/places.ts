import type { Answer } from "./api.ts";

type Me = Answer<"me">;

/** A page that the navigation leads to. */
type Place = {
  readonly to:
    | "/overview"
    | "/reviews"
    | "/sessions"
    | "/access"
    | "/policy"
    | "/resources"
    | "/people"
    | "/audit";
  /** Of the browser's window, and of the link where `name` is not given. */
  readonly title: string;
  /** How the link is called for that person. */
  readonly name?: (me: Me) => string;
  /** Absent: everybody. What a page shows is decided by the gateway, not here. */
  readonly isFor?: (me: Me) => boolean;
};

/** Auditors and admins, who look at what everybody does. */
export const seesAll = ({ roles }: Me) => roles.includes("auditor") || roles.includes("admin");
const isReviewer = ({ roles }: Me) => roles.includes("reviewer");

/** In the order in which they are shown. */
const PLACES: readonly Place[] = [
  { to: "/overview", title: "Overview", isFor: seesAll },
  {
    to: "/reviews",
    title: "Reviews",
    name: (me) => (isReviewer(me) || seesAll(me) ? "Reviews" : "My reviews"),
  },
  {
    to: "/sessions",
    title: "Sessions",
    name: (me) => (seesAll(me) ? "Sessions" : "My sessions"),
  },
  { to: "/access", title: "Access" },
  { to: "/policy", title: "Policy", isFor: seesAll },
  { to: "/resources", title: "Resources", isFor: seesAll },
  { to: "/people", title: "People", isFor: seesAll },
  { to: "/audit", title: "Audit", isFor: seesAll },
];

/** The links for that person. */
export const placesFor = (me: Me): { readonly to: Place["to"]; readonly name: string }[] =>
  PLACES.filter(({ isFor }) => isFor?.(me) ?? true).map(({ to, title, name }) => ({
    to,
    name: name?.(me) ?? title,
  }));

/** The person's menu leads there. */
export const OWN_SIGN_INS = { to: "/sign-ins", title: "My sign-ins" } as const;

/** By the first part of the path. */
export const titleOf = (page: string): string | undefined =>
  [...PLACES, OWN_SIGN_INS].find(({ to }) => to === `/${page}`)?.title;
