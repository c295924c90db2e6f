import { type FormEvent, useState } from "react";
import { useAct, useCommand, useDesk, useKeep, type WaitView } from "../bridge";
import { author, TAKING_OVER, takeOverFault } from "../content/taking-over";
import { Asked } from "../frame/asked";
import { FaultSummary, fieldError, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { Button, ButtonLink, Textarea } from "../nhs";
import { Outbox } from "./outbox";

/** An RA manager takes over what a colleague recorded here: what that means, and why it is done. */
export function TakeOver({ role }: { role: string }) {
  const answer = useCommand("outbox", "ready");
  return (
    <Asked answer={answer}>
      {({ waits }) => {
        const wait = waits.find((wait) => wait.role === role && wait.to_take_over > 0);
        // They sent it themselves meanwhile, or somebody else took it over.
        return wait ? <TakeOverForm wait={wait} /> : <NothingLeft />;
      }}
    </Asked>
  );
}

function NothingLeft() {
  return <Outbox tab="ready" confirmed={false} discarded={undefined} takenOver={0} />;
}

function TakeOverForm({ wait: { role, name, role_text, to_take_over } }: { wait: WaitView }) {
  const desk = useDesk();
  const keep = useKeep();
  const { back, finish } = usePlaces();
  const [reason, setReason] = useState("");
  const act = useAct(async () => {
    const takenOver = await desk.takeOver(role, reason);
    keep.changed("outbox");
    finish({ at: "outbox", tab: "ready", takenOver });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    act.run();
  };
  const title = TAKING_OVER.title(to_take_over, name);
  if (act.fault?.code === "NOT_FOUND") return <NothingLeft />;
  return (
    <Page name="take-over" title={title} onBack={back} problem={act.fault !== null}>
      <FaultSummary
        fault={act.fault}
        attempt={act.faults}
        words={act.fault ? takeOverFault(act.fault.code, to_take_over, name) : undefined}
      />
      <form onSubmit={submit} noValidate>
        <Heading caption={role_text}>{title}</Heading>
        <ul className="nhsuk-list nhsuk-list--bullet">
          {TAKING_OVER.explain(author(name)).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <Textarea
          id="reason"
          name="reason"
          rows={3}
          label={TAKING_OVER.reason}
          labelProps={{ size: "s" }}
          hint={TAKING_OVER.reasonHint}
          error={fieldError(act.fault, "reason")}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="ra-buttons">
          <Button id="primary" type="submit" busy={act.busy && TAKING_OVER.button}>
            {TAKING_OVER.button}
          </Button>
          <ButtonLink onClick={back}>{TAKING_OVER.cancel}</ButtonLink>
        </div>
      </form>
    </Page>
  );
}
