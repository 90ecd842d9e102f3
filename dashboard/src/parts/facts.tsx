import type { ReactNode } from "react";

/** Names and what they are; what is null, false or empty is left out. */
export const Facts = ({ of }: { readonly of: Readonly<Record<string, ReactNode>> }) => (
  <dl className="facts text-sm">
    {Object.entries(of)
      .filter(([, value]) => value !== null && value !== false && value !== "")
      .map(([name, value]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
);
