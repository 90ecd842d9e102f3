import { QueryClientProvider } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Navigate,
  RouterProvider,
} from "@tanstack/react-router";
import { NotFound } from "./pages/not-found.tsx";
import { ReviewPage } from "./pages/review.tsx";
import { ChooseReview, ReviewsPage } from "./pages/reviews.tsx";
import { Shell } from "./parts/shell.tsx";
import { Loading, Trouble } from "./parts/states.tsx";
import { queryClient, useSignedIn } from "./queries.ts";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({ getParentRoute: () => root, path: "/", component: Home });

const reviews = createRoute({
  getParentRoute: () => root,
  path: "/reviews",
  component: ReviewsPage,
});
const noReview = createRoute({
  getParentRoute: () => reviews,
  path: "/",
  component: ChooseReview,
});
const review = createRoute({ getParentRoute: () => reviews, path: "$id", component: ReviewPage });

export type SessionFilters = {
  readonly state?: "live" | "ended";
  readonly principal?: string;
  readonly resource?: string;
};
const sessions = createRoute({
  getParentRoute: () => root,
  path: "/sessions",
  validateSearch: ({ state, principal, resource }: Record<string, unknown>): SessionFilters => ({
    ...((state === "live" || state === "ended") && { state }),
    ...(typeof principal === "string" && principal !== "" && { principal }),
    ...(typeof resource === "string" && resource !== "" && { resource }),
  }),
  component: lazyRouteComponent(() => import("./pages/sessions.tsx"), "SessionsPage"),
});
const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$id",
  component: lazyRouteComponent(() => import("./pages/session.tsx"), "SessionPage"),
});
const access = createRoute({
  getParentRoute: () => root,
  path: "/access",
  component: lazyRouteComponent(() => import("./pages/access.tsx"), "AccessPage"),
});
const sqlConsole = createRoute({
  getParentRoute: () => root,
  path: "/console",
  validateSearch: ({ resource }: Record<string, unknown>): { readonly resource?: string } =>
    typeof resource === "string" ? { resource } : {},
  component: lazyRouteComponent(() => import("./pages/console.tsx"), "ConsolePage"),
});

const router = createRouter({
  routeTree: root.addChildren([
    home,
    reviews.addChildren([noReview, review]),
    sessions,
    session,
    access,
    sqlConsole,
  ]),
  defaultPendingComponent: Loading,
  defaultErrorComponent: ({ error, reset }) => <Trouble error={error} retry={reset} />,
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

export const App = () => (
  <QueryClientProvider client={queryClient}>
    <RouterProvider router={router} />
  </QueryClientProvider>
);

/** Reviewers come to answer, others to see what they may open. */
function Home() {
  const { roles } = useSignedIn();
  return <Navigate to={roles.includes("reviewer") ? "/reviews" : "/access"} replace />;
}
