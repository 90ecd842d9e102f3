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
import { auditFiltersIn, isSpan, type Span } from "./filters.ts";
import { seesAll } from "./places.ts";
import { queryClient, useSignedIn } from "./queries.ts";
import { filtersOf } from "./session-filters.ts";

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

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/sessions",
  validateSearch: filtersOf,
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
const policy = createRoute({
  getParentRoute: () => root,
  path: "/policy",
  component: lazyRouteComponent(() => import("./pages/policy.tsx"), "PolicyPage"),
});
const policyVersion = createRoute({
  getParentRoute: () => root,
  path: "/policy/versions/$version",
  component: lazyRouteComponent(() => import("./pages/policy-version.tsx"), "PolicyVersionPage"),
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/overview",
  validateSearch: ({ span }: Record<string, unknown>): { readonly span?: Span } =>
    isSpan(span) ? { span } : {},
  component: lazyRouteComponent(() => import("./pages/overview.tsx"), "OverviewPage"),
});
const resources = createRoute({
  getParentRoute: () => root,
  path: "/resources",
  component: lazyRouteComponent(() => import("./pages/resources.tsx"), "ResourcesPage"),
});
const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  validateSearch: ({ name }: Record<string, unknown>): { readonly name?: string } =>
    typeof name === "string" && name !== "" ? { name } : {},
  component: lazyRouteComponent(() => import("./pages/people.tsx"), "PeoplePage"),
});
const person = createRoute({
  getParentRoute: () => root,
  path: "/people/$id",
  component: lazyRouteComponent(() => import("./pages/person.tsx"), "PersonPage"),
});
const signIns = createRoute({
  getParentRoute: () => root,
  path: "/sign-ins",
  component: lazyRouteComponent(() => import("./pages/sign-ins.tsx"), "SignInsPage"),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: auditFiltersIn,
  component: lazyRouteComponent(() => import("./pages/audit.tsx"), "AuditPage"),
});
const tokens = createRoute({
  getParentRoute: () => root,
  path: "/tokens",
  component: lazyRouteComponent(() => import("./pages/tokens.tsx"), "TokensPage"),
});
const apiDocs = createRoute({
  getParentRoute: () => root,
  path: "/api-docs",
  component: lazyRouteComponent(() => import("./pages/api-docs.tsx"), "ApiDocsPage"),
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
    policy,
    policyVersion,
    overview,
    resources,
    people,
    person,
    signIns,
    audit,
    tokens,
    apiDocs,
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

/** Who sees all comes to see it, reviewers to answer, others for what they may open. */
function Home() {
  const me = useSignedIn();
  if (seesAll(me)) return <Navigate to="/overview" replace />;
  return <Navigate to={me.roles.includes("reviewer") ? "/reviews" : "/access"} replace />;
}
