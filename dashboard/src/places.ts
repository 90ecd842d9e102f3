import type { Answer } from "./api.ts";

type Me = Answer<"me">;

/** A page that the navigation leads to. */
type Place = {
  readonly to: "/reviews" | "/sessions" | "/access" | "/console";
  /** Of the browser's window, and of the link where `name` is not given. */
  readonly title: string;
  /** How the link is called for that person. */
  readonly name?: (me: Me) => string;
  /** Absent: everybody. What a page shows is decided by the gateway, not here. */
  readonly isFor?: (me: Me) => boolean;
};

const seesAll = ({ roles }: Me) => roles.includes("auditor") || roles.includes("admin");
const isReviewer = ({ roles }: Me) => roles.includes("reviewer");

/** In the order in which they are shown. */
const PLACES: readonly Place[] = [
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
];

/** The links for that person. */
export const placesFor = (me: Me): { readonly to: Place["to"]; readonly name: string }[] =>
  PLACES.filter(({ isFor }) => isFor?.(me) ?? true).map(({ to, title, name }) => ({
    to,
    name: name?.(me) ?? title,
  }));

/** By the first part of the path. */
export const titleOf = (page: string): string | undefined =>
  PLACES.find(({ to }) => to === `/${page}`)?.title;
