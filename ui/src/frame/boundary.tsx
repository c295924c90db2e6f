import { Component, type ReactNode } from "react";
import { BROKEN, FRAME } from "../content/frame";
import { Button } from "../nhs";

/** The last page there is, for a fault in the pages themselves. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    document.title = `${FRAME.errorPrefix}${BROKEN.title} – ${FRAME.service}`;
    return (
      <div className="nhsuk-width-container">
        <main className="nhsuk-main-wrapper" id="maincontent" data-page="broken">
          <div className="ra-reading">
            <h1 className="nhsuk-heading-l" tabIndex={-1} ref={(heading) => heading?.focus()}>
              {BROKEN.title}
            </h1>
            <p>{BROKEN.explanation}</p>
            <p>{BROKEN.next}</p>
            <Button id="primary" onClick={() => this.setState({ broken: false })}>
              {BROKEN.again}
            </Button>
          </div>
        </main>
      </div>
    );
  }
}
