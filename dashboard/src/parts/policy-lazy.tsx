import { type ComponentProps, lazy, Suspense } from "react";
import type * as Texts from "./policy-text.tsx";
import { Loading } from "./states.tsx";

/** The editor's code comes when somebody sees one: the page's own words do not wait for it. */
const load = () => import("./policy-text.tsx");
const LazyEditor = lazy(async () => ({ default: (await load()).YamlEditor }));
const LazyChanges = lazy(async () => ({ default: (await load()).Changes }));

export const YamlEditor = (props: ComponentProps<typeof Texts.YamlEditor>) => (
  <Suspense fallback={<Loading />}>
    <LazyEditor {...props} />
  </Suspense>
);

export const Changes = (props: ComponentProps<typeof Texts.Changes>) => (
  <Suspense fallback={<Loading />}>
    <LazyChanges {...props} />
  </Suspense>
);
