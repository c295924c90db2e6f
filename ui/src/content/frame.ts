// Words around every page.

export const FRAME = {
  service: "RA Desk",
  practice: "Practice",
  practiceMade: "made-up people",
  offline: "Offline",
  account: "Your account",
  menu: "Menu",
  skip: "Skip to main content",
  find: "Find",
  outbox: "Outbox",
  changeRole: "Change role",
  signOut: "Sign out",
  signingOut: "Signing out",
  help: "Help and keyboard",
  version: (version: string) => `RA Desk ${version}`,
  back: "Back",
  loading: "Loading",
  errorPrefix: "Error: ",
  important: "Important",
  problem: "There is a problem",
  reference: (reference: string) => `Reference: ${reference}. Quote it if you ask for help.`,
  again: "Try again",
  findAgain: "Find a person",
  leaveKiosk: "Leave kiosk mode",
  updateInstalled:
    "A newer RA Desk is installed. It starts when you next open RA Desk, and you can close it at any time.",
};

export const LEAVE_KIOSK = {
  title: "Leave kiosk mode",
  explanation: "RA Desk closes and you are signed out.",
  typing: "What you are typing on another page is not kept.",
  lock: "What opens then is decided by whoever set this computer up. It may be RA Desk again.",
  button: "Sign out and leave kiosk mode",
  busy: "Leaving",
};

/** Somebody tried to close a kiosk. */
export const CLOSE_ASKED = {
  title: "RA Desk stays open",
  signIn: "This computer is a kiosk. To close RA Desk, sign in, then choose Leave kiosk mode at the foot of the page.",
};

export const COMPUTER = {
  title: "This computer",
  lead: "For the people who look after this computer. Nothing here is about people, and nothing can be changed here.",
  diagnostics: "Copy diagnostics",
  copying: "Looking at this computer and its network",
  copied: "Copied. Paste it into a message to your IT service desk.",
  diagnosticsHelp: "Looks at this computer and its network, which takes up to half a minute, and copies what it finds.",
  problems: "Settings that are wrong",
  settings: "Settings and where they come from",
  setting: "Setting",
  value: "Value",
  from: "From",
  notSet: "Not set",
  layers: { policy: "Policy", installer: "Installer", user: "You", built_in: "Built in" },
};

export const BROKEN = {
  title: "RA Desk has a fault",
  explanation: "This page could not be shown. What was recorded or saved as a draft is as it was before.",
  next: "Start the pages again. If it happens again, close RA Desk, open it, and tell your IT service desk.",
  again: "Start again",
};

export const HELP = {
  title: "Help and keyboard",
  keys: "Keyboard",
  key: "Keys",
  does: "What they do",
  shortcuts: [
    ["Ctrl + F", "Find a person"],
    ["Alt + 1", "Find"],
    ["Alt + 2", "Outbox"],
    ["Alt + Left arrow", "Back"],
    ["F1", "This page"],
    ["Tab, Shift + Tab", "To the next or previous link, field or button"],
    ["Space or Enter", "Press a button, follow a link; Space ticks a box"],
    ["Arrow keys", "Choose between radio buttons or tabs"],
    ["Esc", "Close a message that is in front of the page"],
  ],
  words: "What the status words mean",
  word: "Status",
  meaning: "Meaning",
  meanings: {
    draft: "Half done, on this computer only.",
    ready_to_send: "Recorded on this computer, not sent yet. The person cannot sign in with it.",
    sending: "On its way to the RA service.",
    waiting_for_them: "Registered. The person must still open their link and sign in to NHS.net Connect once.",
    link_expired: "Registered, but the person’s link has run out. Make them a fresh one.",
    linked: "The person has signed in once. They can now use NHS.net Connect to sign in.",
    needs_attention: "The RA service did not take it. It says why, and what to do.",
    withdrawn: "Taken back before it was registered. Nothing was registered.",
    removed: "Registered once, and removed since.",
  },
  standing: "What the outbox says where there is no status",
  otherWords: "Other words",
  otherWord: "Word",
  glossary: [
    ["RA service", "The service that RA Desk sends registrations to. Your IT service desk may call it the gateway."],
    ["Care Identity UUID", "The 12 digits that stand for one person’s Care Identity profile."],
    ["ODS code", "The short code of an organisation, for example B81603."],
    [
      "AAL2 and AAL3",
      "How strong a way to sign in is. NHS.net Connect is AAL2, a smartcard is AAL3, which is stronger.",
    ],
    ["Not verified", "Nobody has checked the identity behind the profile yet, so nothing can be registered on it."],
    ["Restricted", "A profile that can only be changed in Care Identity Management."],
    ["Closed", "A profile that is no longer used. Nothing can be registered on it until it is reopened."],
  ],
  computer: "This computer: settings and diagnostics",
  more: "If you are stuck",
  moreText:
    "Each page that reports a problem says what to do next. If that does not help, ask your RA manager first, then your IT service desk.",
};
