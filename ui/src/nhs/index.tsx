// The NHS design system, in one place.
//
// Components without behaviour come from nhsuk-react-components. Those that load nhsuk-frontend's own scripts
// (button, radios, checkboxes, error summary, notification banner, tabs, header, skip link) are written here as the
// same markup: their scripts cost 50 kB of the page's 400 kB, and React does what they do.

export {
  Card,
  DateInput,
  Details,
  Fieldset,
  InsetText,
  SummaryList,
  Table,
  Textarea,
  TextInput,
  WarningCallout,
} from "nhsuk-react-components";
export { BackLink, Button, ButtonLink } from "./buttons";
export { Choices } from "./choices";
export { Dialog } from "./dialog";
export { Banner, ErrorSummary, type SummaryProblem } from "./messages";
export { Facts, Panel, StatusTag } from "./panels";
export { Path } from "./path";
export { Heads } from "./table";
export { Tabs } from "./tabs";
