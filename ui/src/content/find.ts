// Words of finding a person and looking at a profile.

import type { FindBy, MatchedBy } from "../bridge";
import { counted } from "./dates";

export const FIND = {
  title: "Find a person",
  uuid: "Care Identity UUID",
  uuidHint: "12 digits, for example 5550 8668 9106. It is printed on a smartcard.",
  other: "Find by",
  ways: {
    uuid: "UUID",
    address: "NHS.net address",
    national_insurance: "NI number",
    details: "Name and details",
  } satisfies Record<FindBy, string>,
  address: "NHS.net Connect address",
  addressHint: "For example, name@nhs.net",
  nino: "National Insurance number",
  ninoHint: "It is only used to search, and is not kept. For example, AB 12 34 56 C",
  family: "Family name",
  familyHint: "If you are not sure of the ending, type the beginning and a *, for example O’Con*",
  oneMore: "Add at least one of these",
  given: "Given name",
  birthDate: "Date of birth",
  birthDateHint: "For example, 27 3 1985",
  birthDateWrong: "Enter a real date of birth, for example 27 3 1985, or leave it empty.",
  day: "Day",
  month: "Month",
  year: "Year",
  organisation: "ODS code of where they work",
  organisationHint: "For example, B81603",
  button: "Find",
  finding: "Finding",
  offlineTitle: "You are working offline",
  offline: "You cannot look anybody up until the connection is back. You can finish drafts, and see what is recorded.",
  toOutbox: "Go to the outbox",
};

export const MATCHED: Record<MatchedBy, string> = {
  exact: "Exact match",
  prefix: "Name begins like this",
};

export const RESULTS = {
  title: (count: number) => `${counted(count, "person", "people")} found`,
  check:
    "Check the name and the date of birth with the person before you open a profile, and the UUID if they have it.",
  person: "Person",
  born: "Born",
  works: "Works at",
  signsIn: "Signs in with",
  profile: "Profile",
  nowhere: "No position",
  nothing: "Nothing yet",
  again: "Change the search",
};

export const NONE_FOUND = {
  title: "Nobody was found",
  searched: "You searched for",
  tips: "What you can try",
  tip: {
    uuid: "Check the 12 digits against the smartcard or the request.",
    address: "Check the spelling with the person. The address may not be on their profile: search for their name.",
    national_insurance:
      "Check the number with the person. Many profiles do not hold one: search for their name and date of birth.",
    details: "Check the spelling, or use fewer details. People may be known under an earlier family name.",
  } satisfies Record<FindBy, string>,
  other: "Try another way, for example name and date of birth.",
  create: "If they have no Care Identity profile at all, create one in Care Identity Management first.",
  again: "Change the search",
};

export const TOO_MANY = {
  title: "Too many people match",
  explanation: (most: number) =>
    `More than ${most} people match. RA Desk shows at most ${most}, to protect people’s details.`,
  next: "Add a given name, a date of birth or an ODS code, or search for the UUID.",
  again: "Add details to the search",
};

export const OFFLINE = {
  title: "You are offline",
  can: "What you can do offline",
  canRecord: "go on with drafts and record them on this computer",
  canDraft: "go on with drafts",
  canSee: "see what is in your outbox",
  kept: "Your search is kept.",
  again: "Try again",
  outbox: "Go to the outbox",
};

export const PROFILE = {
  loading: "Getting the profile",
  caption: "Care Identity profile",
  uuid: "Care Identity UUID",
  born: "Date of birth",
  status: "Status",
  signIn: "How they sign in",
  none: "They have no way to sign in yet.",
  kind: "Way to sign in",
  level: "Level",
  aal: (level: number) => `AAL${level}`,
  state: "Status",
  added: "Added",
  addedBy: (day: string, name: string | null) => (name ? `${day} by ${name}` : day),
  actions: "Actions",
  remove: "Remove",
  beforeYou: "Before you go on",
  register: "Register NHS.net Connect",
  goOn: "Continue the registration you began",
  seeRegistration: "See the registration in your outbox",
  alreadyYours: "You have already recorded a registration for this person.",
  draftBegun: "You have begun a registration for this person.",
  lookOnly: (role: string, organisation: string) =>
    `As ${role} at ${organisation} you can look at profiles, but not register or remove. An RA manager or RA agent can.`,
  details: "Details",
  email: "Email address",
  noEmail: "None on the profile",
  nino: "National Insurance number",
  ninoHeld: "On the profile (not shown)",
  ninoNotHeld: "Not on the profile",
  positions: "Positions",
  noPositions: "None",
  readAt: (time: string) => `Read from the RA service ${time}.`,
  stale: (time: string) => `RA Desk could not read the profile again. This is how it was ${time}.`,
  refresh: "Read it again",
  find: "Find somebody else",
};

export const REMOVE = {
  title: (kind: string, name: string) => `Why are you removing ${kind} from ${name}?`,
  question: "Reason",
  hint: "It is kept in the record of what was done.",
  choose: "Choose why you are removing it.",
  last: "This is their last way to sign in",
  lastText: (name: string) =>
    `When it is removed, ${name} cannot sign in to anything with their Care Identity, until another is added.`,
  cannotUndo: "This cannot be undone. To use it again it must be registered again.",
  what: "What is removed",
  address: "Address",
  button: "Remove it now",
  busy: "Removing",
  cancel: "Do not remove it",
  removed: (kind: string) => `${kind} was removed.`,
  offline: "You can only remove a way to sign in when RA Desk is online.",
  gone: "It is no longer on the profile.",
};
