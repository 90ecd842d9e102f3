import type { ReactNode } from "react";

type TableProps = {
  readonly label: string;
  readonly heads: readonly string[];
  /** The first cell of each row names it; the others are numbers. */
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
};

/** Numbers by name. Where it is wider than its place it scrolls by itself, by keyboard too. */
export const Table = ({ label, heads, rows }: TableProps) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- keys must reach what scrolls
  <div role="region" aria-label={label} tabIndex={0} className="overflow-x-auto">
    <table className="w-full text-sm tabular-nums">
      <thead>
        <tr className="border-b border-line text-muted">
          {heads.map((head, index) => (
            <th key={head} scope="col" className={`px-3 py-2 ${sideOf(index)}`}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="divide-y divide-line">
        {rows.map(({ key, cells }) => (
          <tr key={key}>
            {cells.map((cell, index) =>
              index === 0 ? (
                <th key={heads[index]} scope="row" className="px-3 py-2 text-left font-semibold">
                  {cell}
                </th>
              ) : (
                <td key={heads[index]} className="px-3 py-2 text-right">
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

const sideOf = (index: number): string => (index === 0 ? "text-left" : "text-right");
