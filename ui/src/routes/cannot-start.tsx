import type { Fault } from "../bridge";
import { explain } from "../content/codes";
import { CANNOT_START } from "../content/signing-in";
import { Heading, Page } from "../frame/page";
import { useShell } from "../frame/session";
import { Button, Facts } from "../nhs";
import { CopyDiagnostics } from "./this-computer";

/** RA Desk cannot work on this computer as it is: what is wrong, and who can mend it. */
export function CannotStart({ fault, again, busy }: { fault: Fault; again: () => void; busy: boolean }) {
  const words = explain(fault.code, useShell().not_kept);
  const details = [
    { name: CANNOT_START.code, value: <code className="ra-code">{fault.code}</code> },
    { name: CANNOT_START.message, value: fault.message },
  ];
  if (fault.reference) details.push({ name: CANNOT_START.reference, value: fault.reference });
  return (
    <Page name="cannot-start" code={fault.code} title={words.heading} problem>
      <Heading caption={CANNOT_START.title}>{words.heading}</Heading>
      <p>{words.explanation}</p>
      <p>{words.next}</p>
      <Button id="primary" onClick={again} busy={busy && CANNOT_START.again}>
        {CANNOT_START.again}
      </Button>
      <h2 className="nhsuk-heading-s">{CANNOT_START.details}</h2>
      <Facts facts={details} />
      <CopyDiagnostics />
    </Page>
  );
}
