// What became of a damaged file, and whether the audit is as it was written.

import type { AuditEndedView, AuditFaultView, RecoveryView } from "../bridge";
import { counted, day, dayAndTime } from "./dates";

const registrations = (count: number) => counted(count, "registration");

export const RECOVERY = {
  title: ({ found_at }: RecoveryView) => `RA Desk found that its file was damaged on ${day(found_at)}`,
  recovered: ({ recovered, drafts }: RecoveryView) =>
    `${registrations(recovered)} and ${counted(drafts, "draft")} were recovered and are here again, as they were recorded.`,
  toSend: ({ to_send }: RecoveryView) =>
    to_send === 0
      ? "None of them waits to be sent."
      : `${registrations(to_send)} may not have been sent. RA Desk sends ${to_send === 1 ? "it" : "them"} once, after whoever recorded ${to_send === 1 ? "it" : "them"} has signed in and confirmed it.`,
  lost: ({ lost, lost_is_all, recovered }: RecoveryView) => {
    if (lost_is_all) return lost === 0 ? "No registration was lost." : `${registrations(lost)} could not be read.`;
    if (lost > 0)
      return `At least ${registrations(lost)} could not be read. There may be more: we do not know how many.`;
    if (recovered === 0) return "Nothing could be read. We do not know how many registrations there were.";
    return "We do not know whether registrations were lost. Some may be missing.";
  },
  next: "What to do next",
  steps: [
    "Tell your IT service desk. The disk of this computer may be failing.",
    "Compare your outbox with your notes. Record again what is missing: if it was registered before, RA Desk says so and nothing is registered twice.",
    "Do not delete this folder. The damaged file is kept in it, as it was:",
  ],
  read: "I have read this",
  reading: "Saving",
};

export const AUDIT = {
  title: "Audit of this computer",
  lead: "Each act in RA Desk is written down as a row that cannot be changed without it showing. The rows hold numbers and codes, no names.",
  link: "Audit of this computer",
  checking: "Checking every row. A long audit takes some seconds.",
  results: {
    intact: "The audit is as it was written",
    broken: "The audit is not as it was written",
    differs: "The RA service holds another audit of this computer",
    unsigned: "The audit cannot be signed",
  },
  unsignedText: "The key store of this computer has lost the key for it. What you record is saved and sent as always.",
  differsText:
    "This happens when an older copy of this computer’s files was put back. What is registered is not touched by it.",
  keep: "Nothing that you recorded is lost by this. Tell your IT service desk, and do not delete RA Desk’s folder.",
  result: "Result",
  rows: "Rows that are as they were written",
  firstBad: "First row that is not",
  countersigned: "Rows that the RA service has confirmed",
  last: "Last confirmed",
  never: "Not yet",
  when: (time: string) => dayAndTime(time),
  before: "Audit before this one",
  beforeText: (device: string, rows: number, why: AuditEndedView) =>
    `Computer ${device}, up to row ${rows.toLocaleString("en-GB")}. It was ended because ${AUDIT.ended[why]}.`,
  faults: {
    changed: "It was changed.",
    missing: "It is missing.",
    older_copy: "It is missing: these files are an older copy.",
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
  export:
    "For a copy of all rows that opens in a spreadsheet, your IT service desk runs this command in your account while RA Desk is closed:",
  begin: "Begin a new audit",
  beginText:
    "The old audit is kept and named in the new one, with your Care Identity UUID. Ask your IT service desk first: if nobody put an older copy back, it must be looked into.",
  beginning: "Saving",
  asked: "A new audit begins when RA Desk is next started. Close RA Desk and open it again.",
};
