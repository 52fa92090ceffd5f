// The live feed: what the line said last, how old it is, and whether it is still heard.

const SILENCE_MS = 6000; // three heartbeats
const AGAIN_MS = 2000;

export class Feed {
  constructor(onChange) {
    this.snapshot = null;
    this.away = null; // the server's words for why the line is not heard
    this.heardAt = performance.now();
    this.spokeAt = performance.now();
    this.onChange = onChange;
    this.open();
    setInterval(() => this.onChange(this), 1000);
  }

  /** Seconds since the line was last heard. */
  get age() {
    return (performance.now() - this.heardAt) / 1000;
  }

  /** Whether what is shown is old; `webAway` when even the web process is silent. */
  get old() {
    return this.away !== null || this.webAway;
  }

  get webAway() {
    return performance.now() - this.spokeAt > SILENCE_MS;
  }

  open() {
    const source = new EventSource("/api/events");
    source.addEventListener("snapshot", (event) => this.hear(JSON.parse(event.data)));
    source.addEventListener("away", (event) => this.miss(JSON.parse(event.data)));
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.reopen(); // refused: the browser gives up by itself
    };
  }

  reopen() {
    setTimeout(async () => {
      const answer = await fetch("/texts/en.json", { method: "HEAD" }).catch(() => null);
      if (answer?.status === 401) location.reload();
      else this.open();
    }, AGAIN_MS);
  }

  hear(snapshot) {
    this.snapshot = snapshot;
    this.away = null;
    this.heardAt = this.spokeAt = performance.now();
    this.onChange(this);
  }

  miss(away) {
    this.spokeAt = performance.now();
    this.heardAt = this.spokeAt - away.age_s * 1000;
    this.away = away;
    this.onChange(this);
  }
}
