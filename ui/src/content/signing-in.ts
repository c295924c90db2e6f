// Words of starting, signing in, choosing a role and the end of a session.

import type { EndReason, NotKeptView } from "../bridge";
import { counted } from "./dates";

export const STARTING = "Opening RA Desk";

export const CANNOT_START = {
  title: "RA Desk cannot start",
  details: "Details for your IT service desk",
  code: "Code",
  message: "What happened",
  reference: "Reference",
  again: "Try again",
};

export const SIGN_IN = {
  organisation: (name: string) => `This computer is looked after by ${name}.`,
  title: "Sign in to RA Desk",
  purpose:
    "Register and remove NHS.net Connect accounts (formerly NHSmail) on Care Identity profiles, for people who cannot do it themselves.",
  need: "You need",
  needs: [
    "a Registration Authority role on your Care Identity profile",
    "your smartcard, or another authenticator for Care Identity",
    "a network connection to sign in",
  ],
  /** As NHS CIS2 Authentication has this button say everywhere; all else says *sign in*. */
  button: "Log in with my Care Identity",
  /** On this computer, whoever recorded them: so it can say no names. */
  unsent: (count: number) =>
    count === 1
      ? "1 registration recorded on this computer has not been sent. It is sent after whoever recorded it signs in again and confirms it."
      : `${counted(count, "registration")} recorded on this computer have not been sent. Each is sent after whoever recorded it signs in again and confirms it.`,
  opens: "Your web browser opens. Sign in there, and come back here when its page says “Back to RA Desk”.",
  /** The RA service did not answer last time; nobody tries again while nobody is signed in. */
  unreachable: "RA Desk could not reach the RA service when it last tried",
  unreachableNext: "You can sign in once it gets through, and try at any time.",
  opensInKiosk: "The sign-in opens in front of this page.",
};

/** What the RA user has to know of this computer before they begin. */
export const NOT_KEPT: Record<NotKeptView, string> = {
  forgets:
    "This computer forgets what is written on it when you sign out of Windows or it restarts. You can register people while there is a connection, but not record registrations without one.",
  network_folder:
    "RA Desk’s data folder is on the network. You can register people while there is a connection, but not record registrations without one.",
  by_setting:
    "Your organisation has chosen that people are registered only while there is a connection. Registrations cannot be recorded without one.",
};

/** How the session before ended: each way has a page of its own. */
export const ENDED: Record<EndReason, { title: string; explanation: string }> = {
  signed_out: {
    title: "You are signed out of RA Desk",
    explanation:
      "If your web browser does not say that you are signed out there too, close it: you may still be signed in.",
  },
  idle: {
    title: "You were signed out because nothing happened for a while",
    explanation: "RA Desk does this to keep people’s details safe when nobody is at the computer.",
  },
  twelve_hours: {
    title: "You were signed out after 12 hours",
    explanation: "A session lasts 12 hours at most, even when you are busy. Sign in again to go on.",
  },
  ended_elsewhere: {
    title: "Your session was ended from somewhere else",
    explanation:
      "Your Care Identity was signed out in another place, or your access was stopped. If you did not expect this, tell your RA manager.",
  },
};

export const SIGNING_IN = {
  title: "Finish signing in in your browser",
  explanation:
    "A page of your Care Identity has opened in your web browser. Sign in there, and come back here when its page says “Back to RA Desk”.",
  nothing: "Nothing opened?",
  nothingHelp: "Look for a browser window behind this one. If there is none, cancel and sign in again.",
  waiting: "Waiting for your browser",
  cancel: "Cancel signing in",
};

/** In a kiosk the sign-in is a window of RA Desk's own, in front of this page. */
export const SIGNING_IN_KIOSK = {
  title: "Sign in below",
  explanation: "Sign in with your Care Identity in the window below. To give up, cancel here or close that window.",
  waiting: "Waiting for your sign-in",
  nothing: "A page does not open there?",
  nothingHelp:
    "The window shows the pages of your Care Identity and of the sites that your organisation has allowed, and no others. If a page you need does not open, cancel and tell your IT service desk: RA Desk’s log names the site.",
};

export const CONFIRM_IDENTITY = {
  title: (name: string) => `You are ${name}`,
  question:
    "Check that this is you before you go on. Everything you do in RA Desk is recorded under this name and role.",
  role: "Role",
  noRole: "None chosen",
  organisation: "Organisation",
  ods: "ODS code",
  access: "In this role you can",
  yes: "Yes, this is me",
  no: (name: string) => `I am not ${name}: sign out`,
};

export const ACCESS = {
  register: "find people, register and remove NHS.net Connect accounts",
  look_only: "find people and look at their profiles, but not register or remove",
  none: "not use RA Desk",
};

export const CHOOSE_ROLE = {
  title: "Choose your role",
  current: "You are acting in this role",
  choose: "Act in this role",
  browser: "Changing role opens your browser, so that your Care Identity can confirm it.",
  none: "You have no other role that opens RA Desk.",
  without: (count: number) => `${counted(count, "role")} without access to RA Desk, and why`,
  role: "Role",
  organisation: "Organisation",
  why: "Why",
  can: "You can",
};

export const NO_ACCESS_PAGE = {
  title: "You do not have a role that opens RA Desk",
  explanation: (name: string) =>
    `You are signed in as ${name}, but none of your roles is a Registration Authority role here.`,
  next: "If you should have one, ask your RA manager to check the positions on your Care Identity profile.",
  yours: "Your roles",
  noRoles: "Your Care Identity profile has no roles.",
  signOut: "Sign out",
};

export const CONFIRM_RECORDED = {
  title: "Did you record these?",
  explanation:
    "They are in your name on this computer from an earlier session, and are not sent until you say that they are yours.",
  someNot: "If one of them is not yours, open it and withdraw it, and tell your RA manager.",
  yes: "I recorded these",
  /** Where it is but one. */
  one: {
    title: "Did you record this?",
    explanation:
      "It is in your name on this computer from an earlier session, and is not sent until you say that it is yours.",
    someNot: "If it is not yours, open it and withdraw it, and tell your RA manager.",
    yes: "I recorded this",
  },
  /** Where some were taken over from a colleague, who recorded them. */
  taken: {
    title: "Are these yours to send?",
    someNot:
      "If one of them is not yours, open it and withdraw it, and tell your RA manager. One that you took over goes back to the colleague then.",
    yes: "Yes, send these",
  },
  later: "Not now",
  none: "There is nothing to confirm",
  noneExplanation: "Everything on this computer that is yours has been confirmed.",
  banner: (count: number) =>
    `${counted(count, "registration")} from an earlier session ${count === 1 ? "waits" : "wait"} for you to confirm`,
  bannerLink: "Check and confirm",
};

export const IDLE = {
  title: "Are you still there?",
  before: "You will be signed out in",
  typing:
    "Answers you have not saved for a registration come back when you sign in again in the same role, unless you sign out yourself, somebody else signs in or RA Desk is closed. Anything else you are typing is not kept.",
  stay: "Stay signed in",
  out: "Sign out now",
  spoken: (time: string) => `You will be signed out in ${time}.`,
};

export const ENDS_SOON = (time: string) =>
  `Your session ends at ${time}, because it will then have lasted 12 hours. Finish what you are doing.`;
