// Where a half-done registration goes on.

import type { DraftView } from "../bridge";
import type { Place } from "./places";

/** The first page whose question is not answered yet; the check when all are. */
export function firstUnanswered(draft: DraftView): Place {
  if (!draft.address) return { at: "address", draft: draft.id };
  if (!draft.method || !draft.accepted_by) return { at: "identity", draft: draft.id };
  return { at: "check", draft: draft.id };
}
