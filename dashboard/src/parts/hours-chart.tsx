import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
// oxlint-disable-next-line import/no-unassigned-import -- Vite links its styles, from our origin
import "uplot/dist/uPlot.min.css";
import type { OverviewView } from "../../../core/api/overview.ts";
import { useKept } from "../kept.ts";
import { theme } from "../theme.ts";

export type ChartProps = {
  readonly overview: OverviewView;
  readonly kind: keyof OverviewView["total"];
  /** What the picture shows, for whoever does not see it. */
  readonly label: string;
};

const height = 220;
const barShare = 0.8;
const barMost = 48;

/** A bar for each hour. A canvas: the same numbers stand in a table beside it. */
export function HoursChart(props: ChartProps) {
  const chosen = useKept(theme);
  const system = useSystemDark() ? "dark" : "light";
  // Other colours need another canvas.
  return <Plot key={`${chosen} ${system}`} {...props} />;
}

function Plot({ overview, kind, label }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = place.current;
    if (host === null) return;
    const plot = new uPlot(optionsFor(host, overview), dataOf(overview, kind), host);
    const watch = new ResizeObserver(() => plot.setSize({ width: host.clientWidth, height }));
    watch.observe(host);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [overview, kind]);
  return (
    <div className="text-muted">
      <div
        ref={place}
        role="img"
        aria-label={label}
        className="min-h-56 overflow-hidden text-accent"
      />
    </div>
  );
}

const seconds = (instant: string): number => Date.parse(instant) / 1000;

const dataOf = ({ hours }: OverviewView, kind: ChartProps["kind"]): uPlot.AlignedData => [
  hours.map(({ at }) => seconds(at)),
  // Not even a line for nothing.
  hours.map((hour) => (hour[kind] === 0 ? null : hour[kind])),
];

/** A canvas knows no variables of CSS: its colours are those that its places have now. */
function optionsFor(host: HTMLElement, { from, to }: OverviewView): uPlot.Options {
  const bar = getComputedStyle(host).color;
  const ink = getComputedStyle(host.parentElement ?? host).color;
  const axis = { stroke: ink, grid: { stroke: ink, width: 0.25 }, ticks: { show: false } };
  const bars = uPlot.paths.bars?.({ size: [barShare, barMost], align: 1 });
  const whole = (values: readonly number[]) =>
    values.map((value) => (Number.isInteger(value) ? value.toLocaleString("en") : ""));
  return {
    width: host.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: [seconds(from), seconds(to)] },
      y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] },
    },
    axes: [axis, { ...axis, size: 56, values: (_, values) => whole(values) }],
    series: [
      {},
      {
        stroke: bar,
        fill: bar,
        ...(bars !== undefined && { paths: bars }),
        points: { show: false },
      },
    ],
  };
}

/** Where the person has chosen nothing, the system's colours may change while she looks. */
function useSystemDark(): boolean {
  const [isDark, setDark] = useState(() => systemDark().matches);
  useEffect(() => {
    const query = systemDark();
    const listen = () => setDark(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, []);
  return isDark;
}

const systemDark = () => matchMedia("(prefers-color-scheme: dark)");
