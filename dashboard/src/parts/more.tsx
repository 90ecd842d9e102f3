type MoreProps = { readonly busy: boolean; readonly more: () => void };

/** Below a list that has a next page. */
export const More = ({ busy, more }: MoreProps) => (
  <div className="border-t border-line p-3 text-center">
    <button type="button" className="button" disabled={busy} onClick={more}>
      {busy ? "Loading" : "Show older ones"}
    </button>
  </div>
);
