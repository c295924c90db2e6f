// Where the RA user is. A stack of typed places in memory: there are no URLs, so no name, UUID or address can get
// into one, and nothing is left behind when the session ends.

import { createContext, type ReactNode, useCallback, useContext, useLayoutEffect, useMemo, useState } from "react";
import type { OutboxTab } from "../bridge";

export type Place =
  | { at: "find" }
  | { at: "results" }
  | { at: "none-found" }
  | { at: "too-many" }
  | { at: "offline" }
  | { at: "profile"; uuid: string; notice?: string }
  | { at: "remove"; uuid: string; authenticator: string }
  | { at: "address"; draft: string; fromCheck?: boolean }
  | { at: "identity"; draft: string; fromCheck?: boolean }
  | { at: "check"; draft: string }
  | { at: "submission"; key: string; notice?: string }
  | { at: "withdraw"; key: string }
  | { at: "take-over"; role: string }
  | {
      at: "outbox";
      tab: OutboxTab;
      confirmed?: boolean;
      discarded?: { id: string; name: string };
      takenOver?: number;
    }
  | { at: "choose-role" }
  | { at: "confirm-recorded" }
  | { at: "offline-work" }
  | { at: "help" }
  | { at: "this-computer" }
  | { at: "waiting-elsewhere" }
  | { at: "audit" }
  | { at: "leave-kiosk" };

export interface Places {
  place: Place;
  /** Grows with every move, so that a page is made anew even where the place is the same. */
  moves: number;
  canGoBack: boolean;
  go: (place: Place) => void;
  /** Goes there instead of here: back does not return to this page. */
  replace: (place: Place) => void;
  /** Goes there and forgets how one came: back leads to `under`. */
  finish: (place: Place, under?: Place) => void;
  back: () => void;
}

const PlacesContext = createContext<Places | null>(null);

/** The page before the first. */
const HOME: Place = { at: "find" };
/** More than anybody goes back. */
const DEEPEST = 50;

interface ProviderProps {
  /** Where one begins, and how one came there: the last is shown. */
  start?: Place[];
  /** Hears where one is, with each move. */
  onMove?: (stack: Place[]) => void;
  children: ReactNode;
}

export function PlacesProvider({ start = [HOME], onMove, children }: ProviderProps) {
  const [{ stack, moves }, setState] = useState<{ stack: Place[]; moves: number }>({ stack: start, moves: 0 });
  useLayoutEffect(() => onMove?.(stack), [stack, onMove]);
  const change = useCallback(
    (to: (stack: Place[]) => Place[]) => setState((now) => ({ stack: to(now.stack), moves: now.moves + 1 })),
    [],
  );
  const places = useMemo<Places>(
    () => ({
      place: stack[stack.length - 1] ?? HOME,
      moves,
      canGoBack: stack.length > 1,
      go: (place) => change((now) => [...now.slice(-DEEPEST), place]),
      replace: (place) => change((now) => [...now.slice(0, -1), place]),
      finish: (place, under = HOME) => change(() => (under.at === place.at ? [place] : [under, place])),
      back: () => change((now) => (now.length > 1 ? now.slice(0, -1) : [HOME])),
    }),
    [stack, moves, change],
  );
  return <PlacesContext value={places}>{children}</PlacesContext>;
}

export function usePlaces(): Places {
  const places = useContext(PlacesContext);
  if (!places) throw new Error("There is no PlacesProvider above this page.");
  return places;
}
