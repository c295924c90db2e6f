// The one door between the pages and the desk. Nothing outside this folder knows of Tauri.

import { QueryCache, QueryClient, QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Changed, Code, DraftView, Fault, ProfileView, Snapshot, SubmissionView } from "./bindings";
import { type Calls, type Desk, faultOf } from "./desk";

export type * from "./bindings";
export { type Calls, type Desk, FaultError, faultOf } from "./desk";

const DeskContext = createContext<Desk | null>(null);

/** What must be asked for again when the desk says that something changed. */
const STALE: Record<Changed, string[]> = {
  session: ["snapshot", "toConfirm"],
  network: ["snapshot"],
  outbox: ["snapshot", "outbox", "submission", "toConfirm", "draft", "linkQr"],
  shell: ["shell"],
  close_asked: [],
};

/** Faults that mean that the frame must ask again who is signed in. */
const SESSION_GONE: ReadonlySet<Code> = new Set<Code>(["SIGN_IN_NEEDED", "SESSION_ENDED"]);

/** Gives the pages below it their desk. */
export function DeskProvider({ desk, children }: { desk: Desk; children: ReactNode }) {
  const [client] = useState(() => {
    const client: QueryClient = new QueryClient({
      queryCache: new QueryCache({
        onError: (thrown, query) => {
          const gone = SESSION_GONE.has(faultOf(thrown).code) && query.queryKey[0] !== "snapshot";
          if (gone) client.invalidateQueries({ queryKey: ["snapshot"] });
        },
      }),
      defaultOptions: {
        queries: {
          // The desk decides what to try again, and whether there is a network; the page only asks.
          retry: false,
          networkMode: "always",
          refetchOnWindowFocus: false,
          refetchOnReconnect: false,
          gcTime: Number.POSITIVE_INFINITY,
        },
      },
    });
    return client;
  });
  useEffect(
    () =>
      desk.onChanged((what) => {
        for (const key of STALE[what]) client.invalidateQueries({ queryKey: [key] });
      }),
    [desk, client],
  );
  return (
    <DeskContext value={desk}>
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </DeskContext>
  );
}

/** Hears from the desk. */
export function useHear(listener: (what: Changed) => void) {
  const desk = useContext(DeskContext);
  const latest = useRef(listener);
  useLayoutEffect(() => {
    latest.current = listener;
  });
  useEffect(() => desk?.onChanged((what) => latest.current(what)), [desk]);
}

/** The desk's commands. */
export function useDesk(): Calls {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("There is no DeskProvider above this page.");
  return desk.calls;
}

/** What a question to the desk came to so far. `data` may be older than `fault`. */
export interface Answered<T> {
  data: T | undefined;
  fault: Fault | null;
  asking: boolean;
  again: () => void;
}

/** Asks the desk and keeps the answer until the desk says that it changed. */
export function useCommand<Name extends keyof Calls>(
  name: Name,
  ...args: Parameters<Calls[Name]>
): Answered<Awaited<ReturnType<Calls[Name]>>> {
  const calls = useDesk();
  const query = useQuery({
    queryKey: [name, ...args],
    queryFn: async () => (await (calls[name] as (...args: unknown[]) => Promise<unknown>)(...args)) ?? null,
  });
  return {
    data: query.data as Awaited<ReturnType<Calls[Name]>> | undefined,
    fault: query.error ? faultOf(query.error) : null,
    asking: query.isFetching,
    again: query.refetch,
  };
}

/** Puts answers into the cache that came with an act, or drops what another person may not see. */
export function useKeep() {
  const client = useQueryClient();
  return useMemo(
    () => ({
      snapshot: (snapshot: Snapshot) => client.setQueryData(["snapshot"], snapshot),
      forgetAll: () =>
        client.removeQueries({
          predicate: (query) => !["snapshot", "startup", "shell"].includes(String(query.queryKey[0])),
        }),
      changed: (what: Changed) => {
        for (const key of STALE[what]) client.invalidateQueries({ queryKey: [key] });
      },
      draft: (draft: DraftView) => client.setQueryData(["draft", draft.id], draft),
      submission: (submission: SubmissionView) => client.setQueryData(["submission", submission.key], submission),
      profile: (profile: ProfileView) => client.setQueryData(["profile", profile.uuid], profile),
      profileChanged: (uuid: string) => client.invalidateQueries({ queryKey: ["profile", uuid] }),
    }),
    [client],
  );
}

/** One act at a time: a second press while the first is under way does nothing. */
export interface Act<Args extends unknown[]> {
  run: (...args: Args) => void;
  busy: boolean;
  fault: Fault | null;
  /** Grows with every fault, so that the error summary takes focus again. */
  faults: number;
  /** How often it was done. */
  done: number;
  clear: () => void;
}

/** Wraps something the RA user does, with its fault. */
export function useAct<Args extends unknown[]>(act: (...args: Args) => Promise<void>): Act<Args> {
  const client = useQueryClient();
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  const running = useRef(false);
  const [state, setState] = useState<{ busy: boolean; fault: Fault | null; faults: number; done: number }>({
    busy: false,
    fault: null,
    faults: 0,
    done: 0,
  });
  const run = useCallback(
    (...args: Args) => {
      if (running.current) return;
      running.current = true;
      setState((before) => ({ ...before, busy: true }));
      latest
        .current(...args)
        .then(
          () => setState((before) => ({ ...before, busy: false, fault: null, done: before.done + 1 })),
          (thrown) => {
            const fault = faultOf(thrown);
            if (SESSION_GONE.has(fault.code)) client.invalidateQueries({ queryKey: ["snapshot"] });
            setState((before) => ({ ...before, busy: false, fault, faults: before.faults + 1 }));
          },
        )
        .finally(() => {
          running.current = false;
        });
    },
    [client],
  );
  const clear = useCallback(() => setState((before) => ({ ...before, fault: null })), []);
  return { run, clear, ...state };
}
