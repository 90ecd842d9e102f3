import type { ReactNode, Ref } from "react";

type ScrollerProps = {
  readonly label: string;
  readonly className: string;
  readonly ref?: Ref<HTMLDivElement>;
  readonly children: ReactNode;
};

/** What scrolls in itself: by keyboard too, so it takes the focus (WCAG 2.1.1). */
export const Scroller = ({ label, children, ...more }: ScrollerProps) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- arrow keys scroll it
  <div role="region" aria-label={label} tabIndex={0} {...more}>
    {children}
  </div>
);
