// The real desk: the only place where the pages touch Tauri.

import { commands, events } from "./bindings";
import { type Calls, type Desk, FaultError } from "./desk";

type AnyCommand = (...args: unknown[]) => Promise<{ status: "ok"; data: unknown } | { status: "error"; error: never }>;

function throwing(command: AnyCommand) {
  return async (...args: unknown[]) => {
    const result = await command(...args);
    if (result.status === "error") throw new FaultError(result.error);
    return result.data;
  };
}

export const tauriDesk: Desk = {
  calls: Object.fromEntries(
    Object.entries(commands).map(([name, command]) => [name, throwing(command as AnyCommand)]),
  ) as unknown as Calls,
  onChanged(listener) {
    let stopped = false;
    let unlisten: (() => void) | undefined;
    events.deskChanged
      .listen((event) => listener(event.payload.what))
      .then((stop) => {
        if (stopped) stop();
        else unlisten = stop;
      });
    return () => {
      stopped = true;
      unlisten?.();
    };
  },
};
