import { NO_ACCESS_PAGE } from "../content/signing-in";
import { Heading, Page } from "../frame/page";
import { useSession, useSignedIn } from "../frame/session";
import { Button } from "../nhs";
import { RoleTable } from "./choose-role";

/** Signed in, but with no role that opens RA Desk. */
export function NoAccess() {
  const { person } = useSignedIn();
  const { signOut } = useSession();
  return (
    <Page name="no-access" title={NO_ACCESS_PAGE.title}>
      <Heading>{NO_ACCESS_PAGE.title}</Heading>
      <p>{NO_ACCESS_PAGE.explanation(person.name)}</p>
      <p>{NO_ACCESS_PAGE.next}</p>
      <Button id="primary" onClick={() => signOut.run()}>
        {NO_ACCESS_PAGE.signOut}
      </Button>
      <h2 className="nhsuk-heading-m">{NO_ACCESS_PAGE.yours}</h2>
      {person.roles.length > 0 ? <RoleTable roles={person.roles} /> : <p>{NO_ACCESS_PAGE.noRoles}</p>}
    </Page>
  );
}
