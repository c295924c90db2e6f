import type { FormEvent } from "react";
import { type DraftView, type Fault, useAct, useCommand, useDesk, useKeep, type WarningCode } from "../bridge";
import { WARNINGS } from "../content/codes";
import { ADDRESS, who } from "../content/registering";
import { Asked } from "../frame/asked";
import { useAnswers } from "../frame/left";
import { FaultSummary, fieldError, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSignedIn } from "../frame/session";
import { Button, Textarea, TextInput, WarningCallout } from "../nhs";

/** The account to register; and why, where it is not the one the profile leads one to expect. */
export function Address({ id, fromCheck }: { id: string; fromCheck: boolean }) {
  const answer = useCommand("draft", id);
  return <Asked answer={answer}>{(draft) => <AddressForm draft={draft} fromCheck={fromCheck} />}</Asked>;
}

const ASKS_REASON: ReadonlySet<WarningCode> = new Set<WarningCode>(["ADDRESS_NOT_ON_PROFILE", "ADDRESS_UNLIKE_NAME"]);

function AddressForm({ draft, fromCheck }: { draft: DraftView; fromCheck: boolean }) {
  const desk = useDesk();
  const keep = useKeep();
  const { policy } = useSignedIn();
  const { go, back } = usePlaces();
  const [{ address, reason }, answer] = useAnswers(`address ${draft.id}`, {
    address: draft.address ?? draft.suggested_address ?? "",
    reason: draft.address_reason ?? "",
  });
  const save = useAct(async () => {
    keep.draft(await desk.setDraftAddress(draft.id, { address, reason }));
    if (fromCheck) back();
    else go({ at: "identity", draft: draft.id });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.run();
  };
  const suggested = draft.suggested_address !== null && address === draft.suggested_address;
  const warnings = draft.address === address.trim().toLowerCase() ? draft.address_warnings : [];
  const fault = reasonInWords(save.fault);
  const reasonError = fieldError(fault, "reason");
  const odd = warnings.filter((code) => ASKS_REASON.has(code)).map((code) => `${WARNINGS[code].heading}.`);
  // The desk asks for a reason before it keeps such an address, so it cannot have said which of the two it is.
  if (reasonError && odd.length === 0) odd.push(ADDRESS.odd);
  const showReason = odd.length > 0 || reasonError !== undefined || reason !== "";
  const title = ADDRESS.title(draft.short_name);
  return (
    <Page name="address" title={title} onBack={back} problem={fault !== null}>
      <FaultSummary fault={fault} attempt={save.faults} />
      <form onSubmit={submit} noValidate>
        <Heading caption={who(draft)}>{title}</Heading>
        <TextInput
          id="address"
          name="address"
          label={ADDRESS.label}
          labelProps={{ size: "s" }}
          hint={suggested ? ADDRESS.suggested : ADDRESS.hint(policy.mail_domains)}
          error={fieldError(fault, "address")}
          value={address}
          onChange={(event) => answer({ address: event.target.value })}
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        {showReason && (
          <>
            {odd.length > 0 && (
              <WarningCallout className="ra-callout">
                <WarningCallout.Heading headingLevel="h2">{ADDRESS.checkIt}</WarningCallout.Heading>
                <ul className="nhsuk-list nhsuk-list--bullet">
                  {odd.map((finding) => (
                    <li key={finding}>{finding}</li>
                  ))}
                </ul>
                <p>{ADDRESS.checkHow}</p>
              </WarningCallout>
            )}
            <Textarea
              id="reason"
              name="reason"
              rows={3}
              label={ADDRESS.reason}
              labelProps={{ size: "s" }}
              hint={ADDRESS.reasonHint}
              error={reasonError}
              value={reason}
              onChange={(event) => answer({ reason: event.target.value })}
            />
          </>
        )}
        <Button id="primary" type="submit" busy={save.busy && ADDRESS.busy}>
          {ADDRESS.button}
        </Button>
      </form>
    </Page>
  );
}

/** Says of which address the reason is missing, since the desk asks for it only once it has seen the address. */
function reasonInWords(fault: Fault | null): Fault | null {
  return (
    fault && {
      ...fault,
      fields: fault.fields.map((error) =>
        error.code === "reason_missing" ? { ...error, message: ADDRESS.reasonMissing } : error,
      ),
    }
  );
}
