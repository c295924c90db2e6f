// Every code the desk or the gateway may give, in words: what it is, what it means, what to do next.

import type {
  Code,
  NetworkFault,
  NextStep,
  NoAccessReason,
  NotKeptView,
  PauseReason,
  RefusalCode,
  WarningCode,
} from "../bridge";
import { kept, staysHere } from "./keeping";
import { FAULT_OF_CODE, NETWORK_FAULTS } from "./network";

/** What is said of a code. `next` is always something the reader can do. */
export interface Explained {
  heading: string;
  explanation: string;
  next: string;
  /** What of it depends on whether this computer keeps what is on it. */
  keeping?: (notKept: NotKeptView | null) => string;
}

/** The words for a fault on this computer. */
export function explain(code: Code, notKept: NotKeptView | null): Explained {
  const words = FAULTS[code];
  return words.keeping ? { ...words, explanation: `${words.explanation} ${words.keeping(notKept)}` } : words;
}

const NOT_SAVED = "Nothing was saved. What you typed is still on this page.";
const IT = "Tell your IT service desk. The details below say what they need to know.";

/** A fault of the network, where it is what an act came to. */
function explained(fault: NetworkFault): Explained {
  const { heading, why, next } = NETWORK_FAULTS[fault];
  return { heading, explanation: why, next, keeping: staysHere };
}

export const FAULTS: Record<Code, Explained> = {
  INVALID: {
    heading: "There is a problem",
    explanation: "Some answers need correcting.",
    next: "Correct the answers that are named, then try again.",
  },
  SIGN_IN_NEEDED: {
    heading: "You need to sign in",
    explanation: "Nobody is signed in to RA Desk.",
    keeping: kept,
    next: "Sign in with your Care Identity, then try again.",
  },
  SESSION_ENDED: {
    heading: "Your session has ended",
    explanation: "RA Desk is no longer signed in.",
    keeping: kept,
    next: "Sign in again to go on.",
  },
  WORKING_OFFLINE: {
    heading: "This needs a connection",
    explanation: "You are working with your PIN, which lets you record and no more. Nothing was changed.",
    next: "Sign in with your Care Identity when there is a connection, then try again.",
  },
  LOCKED: {
    heading: "RA Desk is locked",
    explanation: "Nothing was changed.",
    keeping: kept,
    next: "Unlock it with your PIN, or sign in with your Care Identity.",
  },
  NOT_PREPARED: {
    heading: "You cannot work without a connection here",
    explanation: "You have no PIN on this computer that works, or no leave from the RA service to go with it.",
    keeping: kept,
    next: "Sign in with your Care Identity when there is a connection, then set a PIN. If you cannot wait, write the registration on paper.",
  },
  OFFLINE_ENDED: {
    heading: "Your time to work without a connection has ended",
    explanation: "Nothing was changed.",
    keeping: kept,
    next: "Sign in with your Care Identity when there is a connection. If you cannot wait, write the registration on paper.",
  },
  CLOCK_WAS_AHEAD: {
    heading: "Your time to work without a connection has ended early",
    explanation: "This computer’s clock was ahead for a while, and RA Desk goes by the latest time it has seen.",
    keeping: kept,
    next: "Put the clock right, then sign in with your Care Identity. If you cannot wait, write the registration on paper.",
  },
  CLOCK_WRONG: {
    heading: "This computer’s clock is wrong",
    explanation:
      "It is more than 5 minutes behind the time this computer has seen before, or differs by that much from the RA service’s. RA Desk could not say rightly when something was recorded, or when your time to work without a connection ends. Nothing was changed.",
    next: "Ask your IT service desk to put the clock right, then try again.",
  },
  SIGN_IN_AGAIN: {
    heading: "Sign in again first",
    explanation: "A PIN can be set for 10 minutes after you have signed in. Nothing was changed.",
    next: "Sign out, sign in with your Care Identity, then set your PIN.",
  },
  NOT_PERMITTED: {
    heading: "Your role does not allow this",
    explanation: "The role you are acting in may not do this.",
    next: "Change role if you have one that may, or ask an RA manager or RA agent to do it.",
  },
  SIGN_IN_CANCELLED: {
    heading: "You cancelled the sign-in",
    explanation: "Nothing was changed.",
    next: "Sign in again when you are ready.",
  },
  SIGN_IN_TIMED_OUT: {
    heading: "The sign-in took too long",
    explanation: "Your browser did not come back to RA Desk in time, so the sign-in was stopped.",
    next: "Close the old browser page and sign in again.",
  },
  SIGN_IN_DENIED: {
    heading: "The sign-in was refused",
    explanation: "The sign-in service did not sign you in.",
    next: "Try again. If it is refused again, check with your RA manager that your Care Identity is open.",
  },
  SIGN_IN_REJECTED: {
    heading: "RA Desk could not trust this sign-in",
    explanation: "The sign-in came back, but it failed one of RA Desk’s checks, so nobody was signed in.",
    next: "Sign in again, with a smartcard or another strong authenticator. If it fails again, tell your IT service desk.",
  },
  BROWSER_NOT_OPENED: {
    heading: "Your browser could not be opened",
    explanation: "You sign in through this computer’s web browser, and RA Desk could not open it.",
    next: "Open your browser yourself once, then sign in again. If that does not help, tell your IT service desk.",
  },
  NO_FREE_PORT: {
    heading: "RA Desk could not wait for your browser",
    explanation: "Other programs on this computer use all the ports that the sign-in comes back to.",
    next: "Close other copies of RA Desk, then sign in again. If that does not help, tell your IT service desk.",
  },
  OFFLINE: explained("no_connection"),
  NAME_NOT_FOUND: explained("name_not_found"),
  CONNECTION_REFUSED: explained("refused"),
  TIMED_OUT: explained("timed_out"),
  PAC_FAILED: explained("pac_failed"),
  PROXY_UNREACHABLE: explained("proxy_unreachable"),
  PROXY_REFUSED: explained("proxy_refused"),
  PROXY_CANNOT_REACH: explained("proxy_cannot_reach"),
  PROXY_SIGN_IN: explained("proxy_sign_in"),
  PROXY_SIGN_IN_REFUSED: explained("proxy_sign_in_refused"),
  PROXY_SIGN_IN_UNSUPPORTED: explained("proxy_sign_in_unsupported"),
  CERTIFICATE_NOT_TRUSTED: explained("certificate_not_trusted"),
  CERTIFICATE_OUT_OF_DATE: explained("certificate_out_of_date"),
  CERTIFICATE_OTHER_NAME: explained("certificate_other_name"),
  CERTIFICATE_REVOKED: explained("certificate_revoked"),
  REVOCATION_UNKNOWN: explained("revocation_unknown"),
  NOT_OUR_SERVER: explained("not_our_server"),
  BUSY: explained("busy"),
  GATEWAY_FAULT: {
    heading: "The RA service has a problem",
    explanation: "The fault is at the RA service, not on this computer.",
    next: "Try again in a few minutes. If it goes on, tell your service desk and quote the reference.",
  },
  NOT_FOUND: {
    heading: "This is no longer here",
    explanation: "It may have been discarded, withdrawn or sent from another page.",
    next: "Look in the outbox, or find the person again.",
  },
  SEARCH_TOO_BROAD: {
    heading: "Your search says too little",
    explanation: "Searching by family name needs one more detail.",
    next: "Add a given name, a date of birth or an ODS code.",
  },
  WRONG_STATE: {
    heading: "It has moved on",
    explanation: "This can no longer be done, because its status has changed in the meantime.",
    next: "Look at it again to see how far it is.",
  },
  PROFILE_CHANGED: {
    heading: "The profile has changed",
    explanation: "It is not as it was when you read it, so nothing was done.",
    next: "Look at the profile as it is now, then try again.",
  },
  REFUSED: {
    heading: "The RA service refused this",
    explanation: "Nothing was changed.",
    next: "Look at the profile again to see why.",
  },
  DEVICE_REVOKED: {
    heading: "This computer is shut out by the RA service",
    explanation: "Your RA service no longer takes anything from this computer.",
    next: "Tell your IT service desk that this computer is in use. Until it is let in again, use another computer.",
    keeping: kept,
  },
  COMPUTER_FORGETS: {
    heading: "This cannot be sent now, so it cannot be recorded here",
    explanation:
      "This computer forgets what is written on it when you sign out of Windows or it restarts, so a registration that is recorded and cannot be sent would be lost. Nothing was saved. Your answers are still on this page.",
    next: "Check the network or wait a little, then try again. If you cannot wait, write the registration on paper, or use a computer that keeps what is written.",
  },
  DATA_ON_NETWORK: {
    heading: "This cannot be sent now, so it cannot be recorded here",
    explanation:
      "RA Desk’s data folder is not on this computer but on the network, where a registration recorded without a connection is not safe. Nothing was saved. Your answers are still on this page.",
    next: "Check the network or wait a little, then try again. If you cannot wait, write the registration on paper. Ask your IT service desk to keep RA Desk’s data on the computer itself.",
  },
  OFFLINE_RECORDING_OFF: {
    heading: "This cannot be sent now, so it cannot be recorded here",
    explanation:
      "Your organisation does not allow registrations to be recorded without a connection. Nothing was saved. Your answers are still on this page.",
    next: "Check the network or wait a little, then try again. If you cannot wait, write the registration on paper.",
  },
  DISK_FULL: {
    heading: "This computer’s disk is full",
    explanation: NOT_SAVED,
    next: "Free some space on this computer, then try again. If you cannot, write the registration on paper.",
  },
  SEALED: {
    heading: "What was recorded on this computer cannot be opened now",
    explanation:
      "Each RA user’s records here are sealed for that RA user, and the gateway did not give what opens them. They are still on this computer. Nothing was deleted, nothing was sent, and nothing new was saved.",
    next: "Sign out and sign in again. If it happens again, ask your IT service desk: they can put the gateway’s key for sealed records back, or set RA Desk up so that you can record here again. Either way, nothing here is deleted. Until then, write registrations on paper or use another computer.",
  },
  STORE_FAILED: {
    heading: "RA Desk could not save",
    explanation: NOT_SAVED,
    next: "Try again. If it fails again, write the registration on paper and tell your IT service desk.",
  },
  KEY_STORE_MISSING: {
    heading: "This computer has no key store",
    explanation:
      "RA Desk keeps its records encrypted, and the key in this computer’s key store. It will not keep them without one.",
    next: IT,
  },
  KEY_STORE_LOCKED: {
    heading: "This computer’s key store is locked",
    explanation: "RA Desk’s records are still here and encrypted, but their key cannot be read.",
    next: "Unlock the key store, or sign out of this computer and in again, then try again.",
  },
  KEY_MISSING: {
    heading: "The key to RA Desk’s records is missing",
    explanation: "The records are still on this computer and encrypted. Nothing was deleted or overwritten.",
    next: "Do not reinstall RA Desk or delete its folder. Tell your IT service desk: the key may be restored with the user’s account.",
  },
  WRONG_KEY: {
    heading: "The key does not fit RA Desk’s records",
    explanation:
      "The records were made under another account or on another computer. Nothing was deleted or overwritten.",
    next: "Do not reinstall RA Desk or delete its folder. Tell your IT service desk.",
  },
  STORE_DAMAGED: {
    heading: "RA Desk’s records are damaged",
    explanation: "The file cannot be read. It was left as it is, so that what is in it may be recovered.",
    next: "Do not reinstall RA Desk or delete its folder. Tell your IT service desk.",
  },
  STORE_NEWER: {
    heading: "These records are from a newer RA Desk",
    explanation: "An older version cannot open them safely. Nothing was changed.",
    next: "Ask your IT service desk to install the newest RA Desk on this computer.",
  },
  STORE_IN_USE: {
    heading: "RA Desk is already open",
    explanation: "Another RA Desk on this computer has the records open.",
    next: "Use the window that is open. If you cannot find it, sign out of this computer and in again.",
  },
  FOLDER_NOT_WRITABLE: {
    heading: "RA Desk cannot write to its folder",
    explanation: "Without it nothing could be saved.",
    next: IT,
  },
  SETTINGS_WRONG: {
    heading: "RA Desk is not set up on this computer",
    explanation: "Its settings are missing or wrong, so it does not know which RA service to use.",
    next: IT,
  },
  INTERNAL: {
    heading: "RA Desk has a fault",
    explanation: "Something went wrong inside RA Desk.",
    keeping: kept,
    next: "Try again. If it happens again, close RA Desk, open it, and tell your IT service desk.",
  },
};

/** Faults that mean that the gateway or issuer was not reached. */
export const NETWORK_CODES: ReadonlySet<Code> = new Set(FAULT_OF_CODE.keys());

/** Two codes for what an RA user can tell apart no more than RA Desk can: who they are, or as what. */
const NOT_FROM_YOU: Explained = {
  heading: "The RA service did not take this from you",
  explanation: "The role you are acting in may not register NHS.net Connect accounts.",
  next: "Change to a role that may register, then record it again.",
};

export const REFUSALS: Record<RefusalCode, Explained> = {
  UNKNOWN_PROFILE: {
    heading: "There is no such profile",
    explanation: "No Care Identity profile has this UUID any more.",
    next: "Find the person again, and register them on the profile they have now. If they have none, create one in Care Identity Management first. Then withdraw this one.",
  },
  PROFILE_CLOSED: {
    heading: "The profile is closed",
    explanation: "Nothing can be registered on a closed profile.",
    next: "If they still work in the NHS, reopen the profile in Care Identity Management. Then register here.",
  },
  PROFILE_UNVERIFIED: {
    heading: "The person’s identity is not verified",
    explanation: "Nobody has verified the identity behind this profile yet.",
    next: "Verify their identity with 3 documents in Care Identity Management. Then register here.",
  },
  PROFILE_RESTRICTED: {
    heading: "The profile is restricted",
    explanation: "Only Care Identity Management can change this profile.",
    next: "Open the profile in Care Identity Management to see why it is restricted.",
  },
  OWN_PROFILE: {
    heading: "This is your own profile",
    explanation: "Nobody registers an account on their own profile in RA Desk.",
    next: "Register it yourself in Care Identity Management, or ask a colleague in your RA team.",
  },
  ALREADY_REGISTERED: {
    heading: "This account is already registered",
    explanation: "The same NHS.net Connect account is already on this profile.",
    next: "If they have not finished linking, whoever registered it can make a fresh link on the computer it was recorded on. If that computer is gone, remove the account on the profile and register it again.",
  },
  ADDRESS_IN_USE: {
    heading: "Somebody else has this account",
    explanation: "The NHS.net Connect account is registered on another person’s profile.",
    next: "Check the address with the person. If it really is theirs, find who has it by searching for the address.",
  },
  ADDRESS_NOT_ALLOWED: {
    heading: "This kind of address may not be registered",
    explanation: "The part after the @ is not one your RA may register.",
    next: "Ask the person for their own address that ends in @nhs.net.",
  },
  ADDRESS_UNKNOWN: {
    heading: "There is no such NHS.net Connect account",
    explanation: "NHS.net Connect does not know this address.",
    next: "Check the spelling with the person. If the account is new, try again later.",
  },
  ADDRESS_INACTIVE: {
    heading: "The NHS.net Connect account is not active",
    explanation: "The account is inactive or disabled, so nobody can sign in with it.",
    next: "The person’s NHS.net Connect administrator can make it active. Then send again.",
  },
  ADDRESS_SHARED_MAILBOX: {
    heading: "This is a shared mailbox",
    explanation: "Several people use it. A Care Identity needs an account that only one person can use.",
    next: "Ask for the person’s own NHS.net Connect address.",
  },
  NOT_PERMITTED: NOT_FROM_YOU,
  NOT_YOUR_SUBMISSION: NOT_FROM_YOU,
  PROFILE_CHANGED: {
    heading: "The profile changed after you checked the person",
    explanation: "What was seen then is no longer so.",
    next: "Compare both. If it is still the same person, send again with the profile as it is now.",
  },
  TOO_OLD: {
    heading: "This was recorded too long ago",
    explanation: "The RA service no longer takes it.",
    next: "Check the person again and record it again.",
  },
  KEY_REUSED: {
    heading: "This registration’s number was used twice",
    explanation: "The RA service already has another registration with the same number, so it did not take this one.",
    next: "Record it again, and tell your IT service desk that it happened.",
  },
  INVALID_BODY: {
    heading: "The RA service could not read this registration",
    explanation: "This RA Desk and the RA service may be of different versions.",
    next: "Record it again. If it is refused again, tell your IT service desk.",
  },
};

/** What an RA user should know before going on. */
export const WARNINGS: Record<WarningCode, { heading: string; explanation: string }> = {
  HAS_AUTHENTICATOR: {
    heading: "They could do this themselves",
    explanation:
      "They already have a way to sign in, so they can add NHS.net Connect to their own profile in Care Identity Management.",
  },
  HAS_NHS_NET_CONNECT: {
    heading: "An NHS.net Connect account is already registered",
    explanation: "They have one at another address. Check whether it should be removed.",
  },
  ADDRESS_NOT_ON_PROFILE: {
    heading: "This address is not the one on their profile",
    explanation: "Check that it is theirs, then say why you are using it.",
  },
  ADDRESS_UNLIKE_NAME: {
    heading: "This address does not look like their name",
    explanation: "Check that it is theirs, then say why you are using it.",
  },
  NO_POSITION: {
    heading: "They have no position",
    explanation: "They will be able to sign in, but signing in opens nothing until somebody gives them a position.",
  },
  MANAGED_IN_ESR: {
    heading: "This profile is managed in ESR",
    explanation: "Changes to personal details made elsewhere may be overwritten.",
  },
  BIRTH_DATE_NOT_KNOWN: {
    heading: "Their date of birth is not known",
    explanation: "Take extra care that this is the right person.",
  },
  NINO_MISSING: {
    heading: "No National Insurance number is held",
    explanation: "They cannot use self-service, so an RA manager or RA agent has to register it.",
  },
  LAST_AUTHENTICATOR: {
    heading: "This is their last way to sign in",
    explanation: "Without it they cannot sign in to anything with their Care Identity.",
  },
};

/** What sending waits for. The network’s own reason stands in NETWORK_FAULTS of network.ts. */
export const PAUSES: Record<PauseReason, { heading: string; next: string }> = {
  network: {
    heading: "Sending waits for the network",
    next: "RA Desk sends when the connection is back, while you stay signed in.",
  },
  sign_in_needed: { heading: "Sending waits for you to sign in", next: "Sign in with your Care Identity." },
  confirmation_needed: {
    heading: "Sending waits for you to confirm",
    next: "Check what was recorded in an earlier session, and confirm that it is yours.",
  },
  other_role: {
    heading: "Sending waits for you to change role",
    next: "What is left was recorded in another of your roles. Change to that role to send it.",
  },
  role_lost: {
    heading: "Sending waits for an RA manager",
    next: "What is left was recorded in a role in which you can no longer register.",
  },
  busy: { heading: "The RA service takes nothing now", next: "RA Desk sends again by itself." },
  device_revoked: {
    heading: "This computer is shut out by the RA service",
    next: "Your RA service takes nothing from it. Tell your IT service desk that this computer is in use. RA Desk sends again when it is let in.",
  },
  store: {
    heading: "This computer’s disk cannot be written",
    next: "Free some space. RA Desk sends again by itself.",
  },
  sealed: {
    heading: "What you recorded on this computer cannot be opened now",
    next: "The RA service did not give what opens it. It is still on this computer, and none of it is sent until it opens. Sign out and sign in again. If it happens again, tell your IT service desk that the gateway’s key for sealed records must be put back.",
  },
};

export const NEXT_STEPS: Record<NextStep, { button: string | null; say: string }> = {
  correct_address: { button: "Correct the address and send again", say: "Correct the address" },
  review_profile: { button: "It is the same person: send again", say: "Look at the profile as it is now" },
  already_done: { button: null, say: "Look at the profile, then withdraw this one" },
  do_in_care_identity_management: {
    button: "I have done this: check the answers and send again",
    say: "To do in Care Identity Management first",
  },
  another_person_or_role: { button: null, say: "Change role, then record it again" },
  record_anew: { button: "Check the person again and record it again", say: "Check the person and record it again" },
};

export const NO_ACCESS: Record<NoAccessReason, string> = {
  not_an_ra_role: "This is not a Registration Authority role.",
  organisation_not_served: "This organisation is not served by your RA service.",
};
