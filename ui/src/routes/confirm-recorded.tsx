import { useAct, useCommand, useDesk, useKeep } from "../bridge";
import { OUTBOX } from "../content/outbox";
import { CONFIRM_RECORDED } from "../content/signing-in";
import { Asked } from "../frame/asked";
import { FaultSummary, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { Button, ButtonLink } from "../nhs";
import { Submissions } from "./outbox";

/** I recorded these: nothing of an earlier session is sent before the RA user has said so. */
export function ConfirmRecorded() {
  const desk = useDesk();
  const keep = useKeep();
  const { finish } = usePlaces();
  const answer = useCommand("toConfirm");
  const confirm = useAct(async () => {
    keep.snapshot(await desk.confirmRecorded());
    keep.changed("outbox");
    finish({ at: "outbox", tab: "ready", confirmed: true });
  });
  return (
    <Asked answer={answer}>
      {(submissions) => {
        const { taken, one } = CONFIRM_RECORDED;
        const fitting = submissions.some(({ taken_from }) => taken_from) ? taken : submissions.length === 1 ? one : {};
        const words = { ...CONFIRM_RECORDED, ...fitting };
        return submissions.length === 0 ? (
          <Page name="confirm-recorded" title={CONFIRM_RECORDED.none} key="none">
            <Heading>{CONFIRM_RECORDED.none}</Heading>
            <p>{CONFIRM_RECORDED.noneExplanation}</p>
            <Button id="primary" onClick={() => finish({ at: "outbox", tab: "ready" })}>
              {OUTBOX.title}
            </Button>
          </Page>
        ) : (
          <Page name="confirm-recorded" title={words.title} problem={confirm.fault !== null} wide>
            <FaultSummary fault={confirm.fault} attempt={confirm.faults} />
            <Heading>{words.title}</Heading>
            <p>{words.explanation}</p>
            <Submissions submissions={submissions} />
            <p>{words.someNot}</p>
            <div className="ra-buttons">
              <Button id="primary" deliberate onClick={() => confirm.run()} busy={confirm.busy && words.yes}>
                {words.yes}
              </Button>
              <ButtonLink id="later" onClick={() => finish({ at: "find" })}>
                {CONFIRM_RECORDED.later}
              </ButtonLink>
            </div>
          </Page>
        );
      }}
    </Asked>
  );
}
