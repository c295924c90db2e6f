// The one door between the pages and the desk. Nothing outside this folder knows of Tauri.

import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import useSWR, { type Cache, SWRConfig, useSWRConfig } from "swr";
import type { Changed, Code, DraftView, Fault, ProfileView, RecoveryView, Snapshot, SubmissionView } from "./bindings";
import { type Calls, type Desk, faultOf } from "./desk";

export type * from "./bindings";
export { type Calls, type Desk, FaultError, faultOf } from "./desk";

const DeskContext = createContext<Desk | null>(null);

/** What must be asked for again when the desk says that something changed. */
const STALE: Record<Changed, string[]> = {
  session: ["snapshot", "toConfirm", "offline", "offlinePeople"],
  network: ["snapshot"],
  outbox: ["snapshot", "outbox", "submission", "toConfirm", "draft", "linkQr"],
  shell: ["shell"],
  close_asked: [],
};

/** Faults that mean that the frame must ask again who is signed in. */
const SESSION_GONE: ReadonlySet<Code> = new Set<Code>(["SIGN_IN_NEEDED", "SESSION_ENDED", "LOCKED"]);

/** What is known of no person, and so outlives whoever was at work. */
const NOBODYS = ["snapshot", "startup", "shell", "thisComputer", "recovery"];

/** Gives the pages below it their desk. */
export function DeskProvider({ desk, children }: { desk: Desk; children: ReactNode }) {
  const [settings] = useState(() => {
    const answers: Cache = new Map();
    return {
      provider: () => answers,
      // The desk decides what to try again, and whether there is a network; the page only asks.
      shouldRetryOnError: false,
      revalidateOnFocus: false,
      revalidateOnReconnect: false,
      dedupingInterval: 0,
    };
  });
  return (
    <DeskContext value={desk}>
      <SWRConfig value={settings}>
        <Listening />
        {children}
      </SWRConfig>
    </DeskContext>
  );
}

/** Asks again for what the desk says has changed. */
function Listening() {
  const { changed } = useKeep();
  useHear(changed);
  return null;
}

/** Hears from the desk. */
export function useHear(listener: (what: Changed) => void) {
  const desk = useContext(DeskContext);
  const latest = useRef(listener);
  useLayoutEffect(() => {
    latest.current = listener;
  });
  useLayoutEffect(() => desk?.onChanged((what) => latest.current(what)), [desk]);
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
  return useAnswer([name, ...args], () => (calls[name] as (...args: unknown[]) => Promise<unknown>)(...args));
}

/** What became of a damaged store: as it is told to whoever is signed in, or to nobody in particular. */
export function useRecovery(signedIn: boolean): Answered<RecoveryView | null> {
  const calls = useDesk();
  // Two questions: the answer to the one is not taken for the other, and what an RA user was told is forgotten with them.
  return useAnswer([signedIn ? "recoveryOfReader" : "recovery"], () => calls.recovery());
}

function useAnswer<T>(asked: [string, ...unknown[]], ask: () => Promise<unknown>): Answered<T> {
  const { changed } = useKeep();
  const question = useSWR(asked, async () => (await ask()) ?? null, {
    onError: (thrown) => {
      if (SESSION_GONE.has(faultOf(thrown).code) && asked[0] !== "snapshot") changed("network");
    },
  });
  return {
    data: question.data as T | undefined,
    fault: question.error ? faultOf(question.error) : null,
    asking: question.isValidating,
    again: question.mutate,
  };
}

/** Puts answers into the cache that came with an act, or drops what another person may not see. */
export function useKeep() {
  const { mutate } = useSWRConfig();
  return useMemo(() => {
    const put = (answer: unknown, ...question: [keyof Calls, ...unknown[]]) => {
      mutate(question, answer, { revalidate: false });
    };
    const stale = (name: string, argument?: string) => {
      mutate((question) => isAsked(question, name) && (argument === undefined || question[1] === argument));
    };
    return {
      snapshot: (snapshot: Snapshot) => put(snapshot, "snapshot"),
      /** Also of an answer that is still on its way nothing is kept. */
      forgetAll: () => {
        mutate((question) => !NOBODYS.some((name) => isAsked(question, name)), undefined, { revalidate: false });
      },
      changed: (what: Changed) => {
        for (const name of STALE[what]) stale(name);
      },
      draft: (draft: DraftView) => put(draft, "draft", draft.id),
      submission: (submission: SubmissionView) => put(submission, "submission", submission.key),
      profile: (profile: ProfileView) => put(profile, "profile", profile.uuid),
      profileChanged: (uuid: string) => stale("profile", uuid),
    };
  }, [mutate]);
}

function isAsked(question: unknown, name: string): question is unknown[] {
  return Array.isArray(question) && question[0] === name;
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
  const { changed } = useKeep();
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
            if (SESSION_GONE.has(fault.code)) changed("network");
            setState((before) => ({ ...before, busy: false, fault, faults: before.faults + 1 }));
          },
        )
        .finally(() => {
          running.current = false;
        });
    },
    [changed],
  );
  const clear = useCallback(() => setState((before) => ({ ...before, fault: null })), []);
  return { run, clear, ...state };
}
