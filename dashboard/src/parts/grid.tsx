import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, useState } from "react";
import type { Cell, Column } from "../../../core/protocols/postgres/seen.ts";
import type { Cells } from "../answers.ts";
import { hiddenIn, oneLine } from "../visible.ts";
import { counted } from "../words.ts";
import { Scroller } from "./scroller.tsx";
import { Visible } from "./statement.tsx";

type GridProps = {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Cells[];
};

/** One line each, in parts of the page's own letters. */
const rowHeightRem = 2;
/** So many rows say how wide the columns are. */
const measuredRowsMax = 100;
const columnWidthCh = { least: 6, most: 42 };
/** A cell of more is cut, and can be opened. */
const cellCharactersMax = 40;
/** Of an open cell. */
const shownCharactersMax = 200_000;

/** A result as it was sent. Only what is in sight is in the page; it scrolls in itself. */
export function Grid({ label, columns, rows }: GridProps) {
  const region = useRef<HTMLDivElement>(null);
  const [opened, setOpened] = useState<string | null>(null);
  const [height] = useState(rowHeight);
  // oxlint-disable-next-line react/incompatible-library -- nothing of it is handed on
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => region.current,
    estimateSize: () => height,
    overscan: 12,
  });
  const inSight = virtual.getVirtualItems();
  const above = inSight[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (inSight.at(-1)?.end ?? 0);
  const widths = widthsOf(columns, rows);
  return (
    <>
      <Scroller ref={region} label={label} className="grid-region">
        <table
          className="grid-table"
          aria-rowcount={rows.length + 1}
          style={{
            width: `calc(${widths.reduce((a, b) => a + b, 6)}ch + ${widths.length + 1}rem)`,
          }}
        >
          <colgroup>
            <col style={{ width: "calc(6ch + 1rem)" }} />
            {widths.map((width, index) => (
              <col key={index} style={{ width: `calc(${width}ch + 1rem)` }} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1} style={{ height: `${height}px` }}>
              <th scope="col">Row</th>
              {columns.map(({ name, format }, index) => (
                <th key={index} scope="col">
                  <Visible text={name} />
                  {format === 1 && <span className="font-normal text-muted"> binary</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Gap height={above} />
            {inSight.map(({ index }) => (
              <tr key={index} aria-rowindex={index + 2} style={{ height: `${height}px` }}>
                <th scope="row">{(index + 1).toLocaleString("en")}</th>
                {rows[index]?.map((cell, at) => (
                  <td key={at}>
                    <CellText cell={cell} open={setOpened} />
                  </td>
                ))}
              </tr>
            ))}
            <Gap height={below} />
          </tbody>
        </table>
      </Scroller>
      {opened !== null && <WholeCell text={opened} close={() => setOpened(null)} />}
    </>
  );
}

const rowHeight = (): number =>
  rowHeightRem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

const Gap = ({ height }: { readonly height: number }) =>
  height > 0 && (
    <tr aria-hidden="true" style={{ height: `${height}px` }}>
      <td>&nbsp;</td>
    </tr>
  );

function widthsOf(columns: readonly Column[], rows: readonly Cells[]): number[] {
  const first = rows.slice(0, measuredRowsMax);
  return columns.map(({ name, format }, index) => {
    const cells = first.map((row) => Math.min(row[index]?.text.length ?? 4, columnWidthCh.most));
    const title = name.length + (format === 1 ? 9 : 0) + 2;
    return Math.min(columnWidthCh.most, Math.max(columnWidthCh.least, title, ...cells) + 1);
  });
}

type CellProps = { readonly cell: Cell; readonly open: (text: string) => void };

/** NULL and the empty text are told apart from each other, and from texts that say so. */
function CellText({ cell, open }: CellProps) {
  if (cell === null) return <span className="cell-word">NULL</span>;
  const { text } = cell;
  if (text === "") return <span className="cell-word">empty</span>;
  const isShort = text.length <= cellCharactersMax && !/[\n\r\t]/.test(text);
  if (isShort) return <Visible text={text} />;
  return (
    <span className="flex gap-2">
      <span className="truncate">{oneLine(text.slice(0, cellCharactersMax))}…</span>
      <button
        type="button"
        className="link shrink-0"
        aria-label={`Show all ${counted(text.length, "character")}`}
        onClick={() => open(text)}
      >
        show all
      </button>
    </span>
  );
}

function WholeCell({ text, close }: { readonly text: string; readonly close: () => void }) {
  const shown = text.slice(0, shownCharactersMax);
  const hidden = hiddenIn(shown);
  return (
    <dialog
      ref={(dialog) => dialog?.showModal()}
      aria-labelledby="cell"
      className="card w-full max-w-3xl p-4"
      onClose={close}
    >
      <div className="grid gap-3">
        <h3 id="cell" className="text-lg font-bold">
          {counted(text.length, "character")}
        </h3>
        {shown.length < text.length && (
          <p>The first {counted(shown.length, "character")} of them; the export has all.</p>
        )}
        {hidden > 0 && <p>{counted(hidden, "character")} that nobody would see: written out.</p>}
        <Scroller label="The whole cell" className="code cell-whole p-3">
          <Visible text={shown} />
        </Scroller>
        <form method="dialog">
          <button type="submit" className="button">
            Close
          </button>
        </form>
      </div>
    </dialog>
  );
}
