// What became of a damaged file, and whether the audit is as it was written.

import type { AuditCopyView, AuditEndedView, AuditFaultView, RecoveryView } from "../bridge";
import { counted, day, dayAndTime, onDay } from "./dates";

const registrations = (count: number) => counted(count, "registration");

/** Until when a damaged file is kept. Who is known to have recorded something and has not read it yet is waited for,
 * though not for ever. */
function until({ kept_until, waits_for_readers }: RecoveryView): string {
  const read = "has signed in and read this";
  if (!waits_for_readers) return kept_until === null ? `30 days after an RA user ${read}` : day(kept_until);
  const last =
    kept_until === null ? "90 days after the first of them has" : `${day(kept_until)} where one of them does not`;
  return `30 days after each RA user who is known to have recorded something on this computer ${read}, or ${last}`;
}

const AGAIN = "Tell your IT service desk if it happens again.";

export const RECOVERY = {
  title: ({ found_at, set_aside }: RecoveryView) =>
    `RA Desk found that its file was ${set_aside === null ? "gone" : "damaged"} on ${day(found_at)}`,
  /** What is here again; null where nothing is. */
  recovered: ({ recovered, drafts }: RecoveryView) => {
    const here = [recovered > 0 && registrations(recovered), drafts > 0 && counted(drafts, "draft")].filter(Boolean);
    if (here.length === 0) return null;
    return `Recovered, and here again as recorded: ${here.join(" and ")}.`;
  },
  /** What of it may still have to be sent; null where there is nothing to send. */
  toSend: ({ to_send, recovered }: RecoveryView) => {
    if (to_send === 0) return recovered === 0 ? null : "None of those recovered waits to be sent.";
    const [they, are, them] = to_send === 1 ? ["It is", "is", "it"] : ["They are", "are", "them"];
    return `${registrations(to_send)} may not have been sent. ${they} in the outbox of whoever recorded ${them}, and ${are} sent only after that person has signed in and confirmed ${them}.`;
  },
  lost: ({ lost, lost_is_all, recovered, drafts, set_aside }: RecoveryView) => {
    if (set_aside === null)
      return "RA Desk began a new file. Registrations that were recorded in the old one and not sent are not here. We do not know how many there were.";
    if (lost_is_all) return lost === 0 ? "No registration was lost." : `${registrations(lost)} could not be read.`;
    if (lost > 0)
      return `At least ${registrations(lost)} could not be read. There may be more: we do not know how many.`;
    if (recovered > 0) return "We do not know whether registrations were lost. Some may be missing.";
    return `${drafts === 0 ? "Nothing" : "No registration"} could be read. We do not know how many registrations there were, or whether all of them had been sent.`;
  },
  drafts: "Drafts may be missing.",
  gone: "Tell your IT service desk: the file was moved or deleted. If it comes back, RA Desk needs their help to use it.",
  next: "What to do next",
  failing: "Tell your IT service desk. The disk of this computer may be failing.",
  compare:
    "Compare your outbox with your notes. Record again what is missing: if it was registered before, RA Desk says so and nothing is registered twice.",
  /** Where the damaged file is, or was; its folder follows. */
  folder: (recovery: RecoveryView) =>
    recovery.deleted_at
      ? `The damaged file was deleted ${onDay(recovery.deleted_at)}. It was in this folder:`
      : `Do not delete this folder. The damaged file is kept in it, as it was, until ${until(recovery)}:`,
  each: "Each RA user of this computer is shown this once, after they sign in.",
  past: "Files that were damaged or gone",
  read: "I have read this",
  reading: "Saving",
  /** It could not be saved that somebody read it. */
  notSaved: {
    heading: "RA Desk could not note that you read this",
    explanation: "You can go on; it will show this again.",
    next: AGAIN,
  },
  goOn: "Go on",
};

const KEEP_FOLDER = "Tell your IT service desk, and do not delete RA Desk’s folder.";

export const AUDIT = {
  title: "Audit of this computer",
  lead: "RA Desk writes each act down as a row. Rows name people by their Care Identity UUIDs, not by name. Treat a copy as you treat people’s records.",
  link: "Audit of this computer",
  checking: "Checking every row",
  results: {
    intact: "The audit is as it was written",
    broken: "The audit is not as it was written",
    differs: "The RA service holds another audit of this computer",
    unsigned: "New rows of the audit cannot be signed",
    unknown: "RA Desk does not know the key that confirms it",
  },
  unsignedText:
    "The key that signs them is gone from this computer’s key store, so the RA service cannot confirm them. What you record is still saved and sent. Until a new audit is begun, second copies are not made, and other computers do not show what waits here.",
  differsText:
    "Most often an older copy of this computer’s files was put back. If nobody did that, it must be looked into.",
  keep: `This does not change what is registered. ${KEEP_FOLDER}`,
  /** The file is an older copy, or was gone: what was recorded since is not in it. */
  keepOlder: `Registrations recorded on this computer since that copy may be missing here, and some that were sent may show as not sent. Compare your outbox with your notes before you record again. ${KEEP_FOLDER}`,
  rows: "Rows that are as they were written",
  rowsBefore: "Rows before the first bad one",
  firstBad: (row: number, why: AuditFaultView | null) =>
    `The first bad row is ${row.toLocaleString("en-GB")}.${why ? ` ${AUDIT.faults[why]}` : ""}`,
  whatIsInIt: "What is in it",
  countersigned: "Rows that the RA service has confirmed",
  last: "Last confirmed",
  never: "Not yet",
  none: "None yet",
  when: (time: string) => dayAndTime(time),
  before: "Audit before this one",
  beforeText: (device: string, rows: number, why: AuditEndedView) =>
    `Computer ${device}, up to row ${rows.toLocaleString("en-GB")}. It was ended because ${AUDIT.ended[why]}.`,
  faults: {
    changed: "It was changed.",
    missing: "It is missing.",
    older_copy: "It is missing: RA Desk’s file is an older copy, or was gone.",
    rewritten: "It is another one than the one that was signed.",
    receipt_changed: "The RA service’s receipt for it was changed.",
  } satisfies Record<AuditFaultView, string>,
  ended: {
    damaged: "the file was damaged",
    vanished: "its file was gone",
    restored: "its file was an older copy",
    forked: "the RA service held another one",
    broken: "a row was not as it was written",
    key_lost: "its key was gone",
  } satisfies Record<AuditEndedView, string>,
  again: "Check again",
  save: "Save as CSV",
  saving: "Saving",
  saveText: "Save all rows for a spreadsheet, in your Documents folder. The copy is not encrypted.",
  /** Its path follows. */
  saved: ({ rows, last_at }: AuditCopyView) =>
    `${counted(rows, "row")} saved${last_at ? `, the last one from ${dayAndTime(last_at)}` : ""}. The copy is:`,
  notSaved: {
    heading: "No copy was saved",
    explanation: "RA Desk cannot write to your Documents folder, or its disk is full. Nothing else was changed.",
    next: AGAIN,
  },
  begin: "Begin a new audit",
  beginText:
    "Ask your IT service desk first. The new audit begins when RA Desk is next started. The old one is kept as it is; the new one says which it follows, and that you asked for it, by your Care Identity UUID.",
  /** For whoever may not ask for it. */
  beginOther: "An RA manager or RA agent can begin a new audit here, once your IT service desk has agreed.",
  notBegun: {
    heading: "The new audit was not begun",
    explanation: "You may not begin one in the role you are acting in. Nothing was changed.",
  },
  asked: "A new audit begins when RA Desk is next started. Close RA Desk and open it again.",
};
