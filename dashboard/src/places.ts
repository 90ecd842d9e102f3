import type { Answer } from "./api.ts";

type Me = Answer<"me">;

/** A page that the navigation, or the person's menu, leads to. */
type Place = {
  readonly to:
    | "/overview"
    | "/reviews"
    | "/sessions"
    | "/access"
    | "/console"
    | "/policy"
    | "/resources"
    | "/people"
    | "/audit"
    | "/sign-ins"
    | "/tokens"
    | "/api-docs";
  /** Of the browser's window, and of the link where `name` is not given. */
  readonly title: string;
  /** How the link is called for that person. */
  readonly name?: (me: Me) => string;
  /** Absent: everybody. What a page shows is decided by the gateway, not here. */
  readonly isFor?: (me: Me) => boolean;
  /** It stands in the person's menu, for few go there often. */
  readonly inMenu?: true;
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
  { to: "/console", title: "Console" },
  { to: "/policy", title: "Policy", isFor: seesAll },
  { to: "/resources", title: "Resources", isFor: seesAll },
  { to: "/people", title: "People", isFor: seesAll },
  { to: "/audit", title: "Audit", isFor: seesAll },
  { to: "/sign-ins", title: "My sign-ins", inMenu: true },
  { to: "/tokens", title: "API tokens", inMenu: true },
  { to: "/api-docs", title: "API", inMenu: true },
];

type Linked = { readonly to: Place["to"]; readonly name: string };

/** The links for that person. */
export const placesFor = (me: Me): Linked[] => linked(me, ({ inMenu }) => inMenu !== true);
export const menuFor = (me: Me): Linked[] => linked(me, ({ inMenu }) => inMenu === true);

const linked = (me: Me, where: (place: Place) => boolean): Linked[] =>
  PLACES.filter((place) => where(place) && (place.isFor?.(me) ?? true)).map(
    ({ to, title, name }) => ({ to, name: name?.(me) ?? title }),
  );

/** By the first part of the path. */
export const titleOf = (page: string): string | undefined =>
  PLACES.find(({ to }) => to === `/${page}`)?.title;
