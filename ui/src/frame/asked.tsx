// Pages that stand in while the desk is asked, and when it could not answer.

import type { ReactNode } from "react";
import type { Answered, Fault } from "../bridge";
import { explain, NETWORK_CODES } from "../content/codes";
import { FRAME } from "../content/frame";
import { FAULT_OF_CODE } from "../content/network";
import { Button, ButtonLink } from "../nhs";
import { NetworkHelp } from "./network-help";
import { Heading, Page } from "./page";
import { usePlaces } from "./places";
import { useShell } from "./session";

/** Shows a page once its question is answered; before that, that it is asked; else why it cannot be. */
export function Asked<T>({
  answer,
  loading = FRAME.loading,
  children,
}: {
  answer: Answered<T>;
  loading?: string;
  children: (data: T) => ReactNode;
}) {
  if (answer.data !== undefined) return children(answer.data);
  if (answer.fault) return <FaultPage fault={answer.fault} again={answer.again} />;
  return (
    <Page key="loading" name="loading" title={loading}>
      <Heading>{loading}</Heading>
    </Page>
  );
}

/** Says what a code means and what to do next. */
export function FaultPage({ fault, again }: { fault: Fault; again?: () => void }) {
  const { back, finish } = usePlaces();
  const words = explain(fault.code, useShell().not_kept);
  return (
    <Page
      key="fault"
      name={NETWORK_CODES.has(fault.code) ? "offline" : "fault"}
      title={words.heading}
      problem
      onBack={back}
    >
      <Heading>{words.heading}</Heading>
      <p>{words.explanation}</p>
      <p>{words.next}</p>
      <NetworkHelp fault={FAULT_OF_CODE.get(fault.code)} />
      {fault.reference && <p>{FRAME.reference(fault.reference)}</p>}
      {again && (
        <Button id="primary" onClick={again}>
          {FRAME.again}
        </Button>
      )}
      <p>
        <ButtonLink onClick={() => finish({ at: "find" })}>{FRAME.findAgain}</ButtonLink>
      </p>
    </Page>
  );
}
