type MoreProps = {
  readonly of: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => Promise<unknown>;
  };
  readonly words: string;
};

/** The button under a list that has another page. */
export const More = ({ of, words }: MoreProps) =>
  of.hasNextPage && (
    <div className="border-t border-line p-3 text-center">
      <button
        type="button"
        className="button"
        disabled={of.isFetchingNextPage}
        onClick={() => void of.fetchNextPage()}
      >
        {of.isFetchingNextPage ? "Loading" : words}
      </button>
    </div>
  );
