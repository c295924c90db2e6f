// Signing in and out, and what the frame knows of both. It outlives the pages that start it.

import { createContext, type ReactNode, useContext, useMemo, useRef, useState } from "react";
import {
  type Act,
  type SessionView,
  type ShellView,
  type Snapshot,
  useAct,
  useCommand,
  useDesk,
  useKeep,
} from "../bridge";

interface Session {
  signIn: Act<[]>;
  changeRole: Act<[role: string]>;
  signOut: Act<[]>;
  confirm: Act<[]>;
  cancel: Act<[]>;
  lock: Act<[]>;
}

export const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const desk = useDesk();
  const keep = useKeep();
  const signIn = useAct(async () => {
    changeRole.clear();
    keep.snapshot(await desk.signIn());
  });
  const changeRole = useAct(async (role: string) => {
    signIn.clear();
    keep.snapshot(await desk.changeRole(role));
  });
  const signOut = useAct(async () => {
    keep.snapshot(await desk.signOut());
    signIn.clear();
    changeRole.clear();
  });
  const confirm = useAct(async () => {
    keep.snapshot(await desk.confirmIdentity());
  });
  const cancel = useAct(async () => {
    await desk.cancelSignIn();
    keep.changed("session");
  });
  const lock = useAct(async () => {
    keep.snapshot(await desk.lock());
  });
  return <SessionContext value={{ signIn, changeRole, signOut, confirm, cancel, lock }}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("There is no SessionProvider above this page.");
  return session;
}

/** The desk as the frame shows it. */
export const SnapshotContext = createContext<Snapshot | null>(null);

export function useSnapshot(): Snapshot {
  const snapshot = useContext(SnapshotContext);
  if (!snapshot) throw new Error("There is no snapshot above this page.");
  return snapshot;
}

/** The program around the pages. What it is on an ordinary computer, until it has said. */
export function useShell(): ShellView {
  return useCommand("shell").data ?? { kiosk: false, organisation: null, update_installed: false, not_kept: null };
}

/** The person at work, signed in or by PIN. Only pages behind that ask for it. */
export function useSignedIn() {
  const { session } = useSnapshot();
  if (!isAtWork(session)) throw new Error("Nobody is at work.");
  return session;
}

/** How many registrations this session sends by itself: by PIN none. */
export function useToSend(): number {
  const session = useSignedIn();
  return session.state === "offline" ? 0 : session.to_send;
}

/** Whether somebody is at work: signed in and confirmed, or by PIN without a connection. */
export function isAtWork(session: SessionView): session is Extract<SessionView, { state: "signed_in" | "offline" }> {
  return session.state === "signed_in" || session.state === "offline";
}

/** Whether the session is locked, and not ended, when nothing happens for a while or it is asked for. */
export function useLocks() {
  const { session, network } = useSnapshot();
  const asked = useCommand("offline");
  const ready = isAtWork(session) && Boolean(asked.data?.until);
  return { mayLock: ready, whenIdle: session.state === "offline" || (ready && network.state === "offline") };
}

/** Says something to a screen reader, politely. */
const AnnounceContext = createContext<(words: string) => void>(() => {});

export function AnnounceProvider({ children }: { children: ReactNode }) {
  const [words, setWords] = useState({ text: "", turn: 0 });
  const turn = useRef(0);
  const announce = useMemo(
    () => (text: string) => {
      turn.current += 1;
      setWords({ text, turn: turn.current });
    },
    [],
  );
  return (
    <AnnounceContext value={announce}>
      {children}
      <div className="nhsuk-u-visually-hidden" role="status" id="announcer">
        <span key={words.turn}>{words.text}</span>
      </div>
    </AnnounceContext>
  );
}

export function useAnnounce() {
  return useContext(AnnounceContext);
}
