import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import type { Cell, Run } from "../console.ts";
import { counted } from "../words.ts";
import { Visible } from "./statement.tsx";

const rowHeight = 36;
const heightMax = 480;

/** Rows as they came; only those in sight are in the document. */
export function Grid({ columns, rows }: Pick<Run, "columns" | "rows">) {
  const region = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<number | null>(null);
  // oxlint-disable-next-line react/incompatible-library -- these pages have no compiler
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => region.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const whole = rowHeight * (rows.length + 1) + 16;
  return (
    <>
      <div
        ref={region}
        role="region"
        aria-label={`Result: ${counted(rows.length, "row")}`}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it is scrolled by keys
        tabIndex={0}
        className="overflow-auto border-y border-line"
        style={{ height: Math.min(heightMax, whole) }}
      >
        <table className="grid-table" aria-rowcount={rows.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col">Row</th>
              {columns.map((name, at) => (
                <th key={at} scope="col">
                  <bdi>
                    <Visible text={name} />
                  </bdi>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Gap height={above} />
            {items.map(({ index }) => (
              <GridRow key={index} index={index} row={rows[index] ?? []} show={setShown} />
            ))}
            <Gap height={below} />
          </tbody>
        </table>
      </div>
      {shown !== null && rows[shown] !== undefined && (
        <Row
          key={shown}
          number={shown + 1}
          columns={columns}
          row={rows[shown]}
          close={() => setShown(null)}
        />
      )}
    </>
  );
}

type GridRowProps = {
  readonly index: number;
  readonly row: readonly Cell[];
  readonly show: (index: number) => void;
};

const GridRow = ({ index, row, show }: GridRowProps) => (
  <tr aria-rowindex={index + 2} style={{ height: rowHeight }}>
    <td>
      <button
        type="button"
        className="link min-h-6 min-w-6 text-sm tabular-nums"
        aria-label={`Show row ${index + 1} whole`}
        onClick={() => show(index)}
      >
        {index + 1}
      </button>
    </td>
    {row.map((cell, at) => (
      <td key={at}>
        <Value cell={cell} />
      </td>
    ))}
  </tr>
);

const Gap = ({ height }: { readonly height: number }) =>
  height > 0 && <tr aria-hidden="true" style={{ height }} />;

const Value = ({ cell }: { readonly cell: Cell }) =>
  cell === null ? (
    <span className="text-muted italic">NULL</span>
  ) : (
    <bdi>
      <Visible text={cell} />
    </bdi>
  );

type RowProps = {
  readonly number: number;
  readonly columns: readonly string[];
  readonly row: readonly Cell[];
  readonly close: () => void;
};

/** One row, nothing cut. */
function Row({ number, columns, row, close }: RowProps) {
  const open = (dialog: HTMLDialogElement | null) => {
    if (dialog !== null && !dialog.open) dialog.showModal();
  };
  return (
    <dialog
      ref={open}
      aria-labelledby="row-title"
      onClose={close}
      className="card m-auto w-full max-w-2xl p-4"
    >
      <h2 id="row-title" className="mb-3 text-lg font-bold">
        Row {number}
      </h2>
      <dl className="facts text-sm">
        {columns.map((name, at) => (
          <div key={at} className="contents">
            <dt>
              <Visible text={name} />
            </dt>
            <dd className="whitespace-pre-wrap">
              <Value cell={row[at] ?? null} />
            </dd>
          </div>
        ))}
      </dl>
      <form method="dialog" className="mt-4">
        <button type="submit" className="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
