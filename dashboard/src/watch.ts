import { useEffect, useState, useSyncExternalStore } from "react";
import type { WatchMessage } from "../../core/api/record.ts";
import { type LiveState, openLine } from "./live.ts";
import { queryClient, recordsAt, sessionQuery } from "./queries.ts";
import { type Known, Recording, type RecordingOf } from "./recording.ts";
import { meAgain } from "./signed-in.ts";

/** A session's recording, its first page read. */
export function useRecording(id: string, of: RecordingOf): readonly [Recording, Known] {
  const [recording] = useState(
    () => new Recording((from, watch) => recordsAt(id, from, watch), of),
  );
  const known = useSyncExternalStore(recording.listen, recording.get);
  useEffect(() => {
    if (recording.next === 1) void recording.more();
  }, [recording]);
  return [recording, known];
}

/** Reads on as a live session goes on: what is read while the line is open is written down once. */
export function useWatch(id: string, recording: Recording, wanted: boolean): LiveState {
  const [state, setState] = useState<LiveState>("connecting");
  useEffect(() => {
    if (!wanted) return;
    let watch: string | undefined;
    const path = () => `/api/sessions/${encodeURIComponent(id)}/live?from=${recording.next}`;
    return openLine<WatchMessage>(path, {
      message(message, say) {
        if (message.on === "hello") ({ watch } = message);
        const last = message.on === "ended" ? Number.POSITIVE_INFINITY : message.last;
        const read = last < recording.next ? Promise.resolve() : recording.upTo(last, watch);
        if (message.on === "more") void read.then(() => say("next"));
      },
      state: setState,
      beforeRetry: () =>
        Promise.all([
          meAgain(),
          queryClient.refetchQueries({ queryKey: sessionQuery(id).queryKey }),
        ]),
    });
  }, [id, recording, wanted]);
  return state;
}
