import { type FormEvent, useLayoutEffect, useRef, useState } from "react";
import { type Fault, type FindBy, type FindForm, faultOf, useAct, useDesk } from "../bridge";
import { NETWORK_CODES } from "../content/codes";
import { FIND } from "../content/find";
import { FaultSummary, fieldError, Heading, Page, Warns } from "../frame/page";
import { usePlaces } from "../frame/places";
import { useSearch } from "../frame/search";
import { useSnapshot } from "../frame/session";
import { Button, Choices, DateInput, Fieldset, InsetText, TextInput } from "../nhs";

/** Searches, and goes to what was found. Used again by the offline page. */
export function useFind() {
  const desk = useDesk();
  const places = usePlaces();
  const search = useSearch();
  return useAct(async (form: FindForm, from: "find" | "offline") => {
    // Back leads from what was found to the search, not to the offline page between them.
    const go = from === "offline" ? places.replace : places.go;
    try {
      const found = await desk.find(form);
      search.setFound(found);
      search.setUnreached(null);
      const only = found.found === "people" && form.by === "uuid" && found.people.length === 1 ? found.people[0] : null;
      if (only) go({ at: "profile", uuid: only.uuid });
      else if (found.found === "people") go({ at: "results" });
      else if (found.found === "nobody") go({ at: "none-found" });
      else go({ at: "too-many" });
    } catch (thrown) {
      const fault = faultOf(thrown);
      if (!NETWORK_CODES.has(fault.code)) throw thrown;
      search.setUnreached(fault);
      if (from === "find") go({ at: "offline" });
      else throw thrown;
    }
  });
}

/** The UUID is ready to be typed, since that is what most people bring; the other ways stand above it. */
export function Find() {
  const search = useSearch();
  const { network } = useSnapshot();
  const { go } = usePlaces();
  const find = useFind();
  const [form, setForm] = useState(search.form);
  const offline = network.state === "offline";
  const set = (part: Partial<FindForm>) => setForm((now) => ({ ...now, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    search.setForm(form);
    find.run(form, "find");
  };
  const text = (field: Exclude<keyof FindForm, "by">) => ({
    id: field,
    name: field,
    value: form[field],
    error: fieldError(find.fault, field),
    onChange: (event: { target: { value: string } }) => set({ [field]: event.target.value }),
    autoComplete: "off",
    spellCheck: false,
  });
  const fault = birthDateInWords(find.fault);
  const [focus] = useState(FIRST_FIELD[form.by]);
  const birthError = ["birth_date", "birth_day", "birth_month", "birth_year"]
    .map((field) => fieldError(fault, field))
    .find(Boolean);
  return (
    <Page name="find" title={FIND.title} problem={find.fault !== null} focus={focus}>
      <FaultSummary fault={fault} attempt={find.faults} />
      <Heading>{FIND.title}</Heading>
      {offline && (
        <Warns>
          <InsetText>
            <p>
              <strong>{FIND.offlineTitle}.</strong> {FIND.offline}
            </p>
            <p>
              <button type="button" className="ra-link" onClick={() => go({ at: "outbox", tab: "ready" })}>
                {FIND.toOutbox}
              </button>
            </p>
          </InsetText>
        </Warns>
      )}
      <Ways
        by={form.by}
        onChoose={(by) => {
          find.clear();
          // What was typed for another way stays: people try one after the other.
          set({ by });
        }}
      />
      <form onSubmit={submit} noValidate>
        {form.by === "uuid" && (
          <TextInput
            {...text("uuid")}
            label={FIND.uuid}
            labelProps={{ size: "s" }}
            hint={FIND.uuidHint}
            inputMode="numeric"
            width="20"
          />
        )}
        {form.by === "address" && (
          <TextInput
            {...text("address")}
            label={FIND.address}
            labelProps={{ size: "s" }}
            hint={FIND.addressHint}
            inputMode="email"
            autoCapitalize="none"
          />
        )}
        {form.by === "national_insurance" && (
          <TextInput {...text("nino")} label={FIND.nino} labelProps={{ size: "s" }} hint={FIND.ninoHint} width="10" />
        )}
        {form.by === "details" && (
          <>
            <TextInput
              {...text("family")}
              label={FIND.family}
              labelProps={{ size: "s" }}
              hint={FIND.familyHint}
              width="20"
            />
            <Fieldset>
              <Fieldset.Legend size="s">{FIND.oneMore}</Fieldset.Legend>
              <TextInput {...text("given")} label={FIND.given} width="20" />
              <BirthDate form={form} set={set} error={birthError} />
              <TextInput {...text("organisation")} label={FIND.organisation} hint={FIND.organisationHint} width="10" />
            </Fieldset>
          </>
        )}
        <Button id="primary" type="submit" busy={find.busy && FIND.finding}>
          {FIND.button}
        </Button>
      </form>
    </Page>
  );
}

/** A date of birth may be left out here, which is worth saying to somebody who has only a part of it. */
function birthDateInWords(fault: Fault | null): Fault | null {
  return (
    fault && {
      ...fault,
      fields: fault.fields.map((error) =>
        error.code === "not_a_date" ? { ...error, message: FIND.birthDateWrong } : error,
      ),
    }
  );
}

function BirthDate({
  form,
  set,
  error,
}: {
  form: FindForm;
  set: (part: Partial<FindForm>) => void;
  error: string | undefined;
}) {
  const part = (field: "birth_day" | "birth_month" | "birth_year") => ({
    id: field,
    name: field,
    value: form[field],
    error: Boolean(error) && " ",
    autoComplete: "off",
    onChange: (event: { target: { value: string } }) => set({ [field]: event.target.value }),
  });
  return (
    <DateInput id="birth_date" legend={FIND.birthDate} hint={FIND.birthDateHint} error={error}>
      <DateInput.Day {...part("birth_day")} label={FIND.day} />
      <DateInput.Month {...part("birth_month")} label={FIND.month} />
      <DateInput.Year {...part("birth_year")} label={FIND.year} />
    </DateInput>
  );
}

/** The ways in the order they are offered, each with the id of the field it begins with. */
const FIRST_FIELD: Record<FindBy, string> = {
  uuid: "uuid",
  address: "address",
  national_insurance: "nino",
  details: "family",
};
const WAYS = Object.keys(FIRST_FIELD) as FindBy[];

function Ways({ by, onChoose }: { by: FindBy; onChoose: (by: FindBy) => void }) {
  // Whoever points at a way types next. Whoever moves through them with the arrow keys is still choosing.
  const pointed = useRef(false);
  useLayoutEffect(() => {
    if (pointed.current) document.getElementById(FIRST_FIELD[by])?.focus();
  }, [by]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only watches what is done to the radios in it
    <div
      className="ra-ways"
      onPointerDown={() => {
        pointed.current = true;
      }}
      onKeyDown={() => {
        pointed.current = false;
      }}
    >
      <Choices
        name="by"
        legend={FIND.other}
        legendSize="s"
        small
        inline
        choices={WAYS.map((value) => ({ value, label: FIND.ways[value] }))}
        chosen={[by]}
        onChoose={([chosen]) => chosen && onChoose(chosen)}
      />
    </div>
  );
}
