import { requestOf } from "../../../core/protocols/http/seen.ts";
import { jsonTree, laidOut } from "../../../core/protocols/http/seen-json.ts";
import { counted } from "../words.ts";
import { Visible, Written } from "./statement.tsx";

type RequestProps = { readonly text: string; readonly label: string };

/**
 * A request in its shown form: its line, and its body on lines of its own. JSON is laid out by
 * white space alone, so all that was sent stands there in its order.
 */
export function Request({ text, label }: RequestProps) {
  const { method, target, body, told } = requestOf(text);
  const json = body === "" ? null : jsonTree(body);
  const shown = json === null ? body : laidOut(json);
  return (
    <Written text={text} label={label}>
      {method !== "" && <span className="sql-keyword">{method} </span>}
      <Visible text={target} />
      {shown !== "" && "\n"}
      <Visible text={shown} />
      {told !== null && <span className="sql-comment">{`\n${told}`}</span>}
    </Written>
  );
}

/** `bytes` of a body, in words. */
export const sized = (bytes: number): string => counted(bytes, "byte");
