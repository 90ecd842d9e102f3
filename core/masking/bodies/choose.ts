import type { BodyMasker, Unreadable } from "../../masker.ts";
import type { BodyRules } from "./body.ts";
import { CsvBody } from "./csv.ts";
import { EventsBody } from "./events.ts";
import { FormBody } from "./form.ts";
import { JsonBody } from "./json.ts";
import { TextBody } from "./text.ts";

export function bodyMaskerFor(
  type: string | null,
  rules: BodyRules,
  unreadable: Unreadable,
): BodyMasker | "pass" | "refuse" {
  if (rules.fields.empty && rules.detect === null) return "pass";
  const [media = ""] = (type ?? "").toLowerCase().split(";");
  if (/json/.test(media)) return new JsonBody(rules);
  if (media === "text/event-stream") return new EventsBody(rules);
  if (media === "text/csv") return new CsvBody(rules);
  if (media === "application/x-www-form-urlencoded") return new FormBody(rules);
  if (media.startsWith("text/")) return new TextBody(rules);
  return unreadable === "scan" ? new TextBody(rules) : unreadable;
}
