import type { FormEvent } from "react";
import {
  type IdentityForm as AnswersOf,
  type DraftView,
  type Fault,
  useAct,
  useCommand,
  useDesk,
  useKeep,
} from "../bridge";
import { ACCEPTED_BY, DOCUMENTS, METHODS } from "../content/people";
import { IDENTITY, who } from "../content/registering";
import { Asked } from "../frame/asked";
import { useAnswers } from "../frame/left";
import { FaultSummary, fieldError, Heading, Page } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSignedIn } from "../frame/session";
import { Button, Choices } from "../nhs";

/** How the person was checked. One page, since staff answer it forty times a day. */
export function Identity({ id, fromCheck }: { id: string; fromCheck: boolean }) {
  const answer = useCommand("draft", id);
  return <Asked answer={answer}>{(draft) => <IdentityForm draft={draft} fromCheck={fromCheck} />}</Asked>;
}

const keys = <V extends string>(table: Record<V, unknown>) => Object.keys(table) as V[];

/** Points each finding at the first box of its group, which is what the summary's link focuses. */
function atFirstBox(fault: Fault | null): Fault | null {
  const first: Record<string, string> = {
    method: "method-in_person",
    documents: "document-passport",
    accepted_by: "accepted_by-user",
  };
  return (
    fault && { ...fault, fields: fault.fields.map((error) => ({ ...error, field: first[error.field] ?? error.field })) }
  );
}

function IdentityForm({ draft, fromCheck }: { draft: DraftView; fromCheck: boolean }) {
  const desk = useDesk();
  const keep = useKeep();
  const { policy } = useSignedIn();
  const { go, back } = usePlaces();
  const [form, answer] = useAnswers<AnswersOf>(`identity ${draft.id}`, {
    method: draft.method,
    documents: draft.documents,
    accepted_by: draft.accepted_by,
  });
  const save = useAct(async () => {
    keep.draft(await desk.setDraftIdentity(draft.id, form));
    if (fromCheck) back();
    else go({ at: "check", draft: draft.id });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.run();
  };
  const title = IDENTITY.title(draft.short_name);
  return (
    <Page name="identity" title={title} onBack={back} problem={save.fault !== null}>
      <FaultSummary fault={atFirstBox(save.fault)} attempt={save.faults} />
      <Heading caption={who(draft)}>{title}</Heading>
      <form onSubmit={submit} noValidate>
        <Choices
          name="method"
          legend={IDENTITY.method}
          error={fieldError(save.fault, "method")}
          choices={keys(METHODS).map((value) => ({ value, ...METHODS[value] }))}
          chosen={form.method ? [form.method] : []}
          onChoose={([chosen]) => answer({ method: chosen ?? null })}
        />
        <Choices
          name="document"
          several
          legend={IDENTITY.documents}
          hint={IDENTITY.documentsHint}
          error={fieldError(save.fault, "documents")}
          choices={keys(DOCUMENTS).map((value) => ({ value, ...DOCUMENTS[value] }))}
          chosen={form.documents}
          onChoose={(documents) => answer({ documents })}
        />
        <Choices
          name="accepted_by"
          legend={IDENTITY.declaration}
          error={fieldError(save.fault, "accepted_by")}
          choices={keys(ACCEPTED_BY).map((value) => ({ value, label: ACCEPTED_BY[value].label(draft.short_name) }))}
          chosen={form.accepted_by ? [form.accepted_by] : []}
          onChoose={([chosen]) => answer({ accepted_by: chosen ?? null })}
        >
          <div className="ra-declaration">
            <p>{IDENTITY.says(draft.short_name)}</p>
            <ul className="nhsuk-list nhsuk-list--bullet">
              {policy.declaration.sentences.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ul>
          </div>
        </Choices>
        <Button id="primary" type="submit" busy={save.busy && IDENTITY.busy}>
          {IDENTITY.button}
        </Button>
      </form>
    </Page>
  );
}
