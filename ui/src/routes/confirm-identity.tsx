import type { PersonView } from "../bridge";
import { roleName } from "../content/people";
import { ACCESS, CONFIRM_IDENTITY } from "../content/signing-in";
import { FaultSummary, Heading, Page } from "../frame/page";
import { useSession } from "../frame/session";
import { Button, Facts } from "../nhs";

/** You are NAME. Not you? Nothing can be done before it is answered. */
export function ConfirmIdentity({ person }: { person: PersonView }) {
  const { confirm, signOut } = useSession();
  const { role } = person;
  const failed = confirm.fault ? confirm : signOut;
  const facts = role
    ? [
        { name: CONFIRM_IDENTITY.role, value: roleName(role) },
        { name: CONFIRM_IDENTITY.organisation, value: role.organisation_name },
        { name: CONFIRM_IDENTITY.ods, value: role.organisation_code },
        { name: CONFIRM_IDENTITY.access, value: ACCESS[role.access] },
      ]
    : [{ name: CONFIRM_IDENTITY.role, value: CONFIRM_IDENTITY.noRole }];
  return (
    <Page name="confirm-identity" title={CONFIRM_IDENTITY.title(person.name)} problem={failed.fault !== null}>
      <FaultSummary fault={failed.fault} attempt={failed.faults} />
      <Heading>{CONFIRM_IDENTITY.title(person.name)}</Heading>
      <p>{CONFIRM_IDENTITY.question}</p>
      <Facts facts={facts} />
      <div className="ra-buttons">
        <Button id="primary" onClick={() => confirm.run()} busy={confirm.busy && CONFIRM_IDENTITY.yes}>
          {CONFIRM_IDENTITY.yes}
        </Button>
        <Button look="secondary" id="not-me" onClick={() => signOut.run()}>
          {CONFIRM_IDENTITY.no(person.name)}
        </Button>
      </div>
    </Page>
  );
}
