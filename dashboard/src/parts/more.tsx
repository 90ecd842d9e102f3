type MoreProps = {
  readonly busy: boolean;
  readonly more: () => void;
  readonly words?: string;
};

/** Below a list that has a next page. */
export const More = ({ busy, more, words = "Show older ones" }: MoreProps) => (
  <div className="border-t border-line p-3 text-center">
    <button type="button" className="button" disabled={busy} onClick={more}>
      {busy ? "Loading" : words}
    </button>
  </div>
);
