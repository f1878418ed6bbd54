// What a controlling station may expect of the link, in the plainest words: windows and states as numbers and lists,
// whole numbers that never wrap, no octets. Every event is one frame; every request is answered by one mirror.

export interface Rules {
  readonly k: number
  readonly w: number
  readonly t1: number
  readonly t2: number
  readonly t3: number
}

export class LinkModel {
  readonly rules: Rules
  phase: "stopped" | "started" | "stopping" | "closed" = "stopped"
  sent = 0
  received = 0
  now = 0
  inFlight: number[] = []
  owed: number[] = []
  testedAt = -1
  heardAt = 0
  replies = 0
  events = 0
  out: string[] = []

  constructor(rules: Rules) {
    this.rules = rules
  }

  /** Ends one step: what it put out. */
  take(): string {
    const text = this.out.join(", ")
    this.out = []
    return text
  }

  private pump(): void {
    while (this.phase === "started" && this.inFlight.length < this.rules.k && this.replies + this.events > 0) {
      if (this.replies > 0) this.replies--
      else this.events--
      this.out.push(`I ${this.sent++} ${this.received}`)
      this.inFlight.push(this.now)
      this.owed = []
    }
    if (this.phase === "started" && this.owed.length >= this.rules.w) this.acknowledge()
  }

  private acknowledge(): void {
    this.out.push(`S ${this.received}`)
    this.owed = []
  }

  /** What was received in good order is acknowledged first. */
  private close(why: string): void {
    if (this.phase !== "stopped" && this.owed.length > 0) this.acknowledge()
    this.phase = "closed"
    this.out.push(why)
  }

  start(): void {
    this.heardAt = this.now
    this.out.push("STARTDT con")
    this.phase = "started"
    this.pump()
  }

  stop(): void {
    this.heardAt = this.now
    if (this.phase === "stopping") return
    this.replies = 0
    if (this.owed.length > 0) this.acknowledge()
    this.phase = this.inFlight.length > 0 ? "stopping" : "stopped"
    if (this.phase === "stopped") this.out.push("STOPDT con")
  }

  test(): void {
    this.heardAt = this.now
    this.out.push("TESTFR con")
  }

  confirmTest(): void {
    this.heardAt = this.now
    this.testedAt = -1
  }

  /** The peer acknowledges `count` frames, with an S frame or with a request. More than are in flight is a violation. */
  hear(count: number, request: boolean): void {
    if (this.phase === "stopped" || (request && this.phase === "stopping")) this.close("DATA_IN_STOPPED")
    else if (count > this.inFlight.length) this.close("SEQUENCE_NR")
    if (this.phase === "closed") return
    this.heardAt = this.now
    this.inFlight = this.inFlight.slice(count)
    if (request) {
      this.received++
      this.owed.push(this.now)
      this.replies++
    } else if (this.phase === "stopping" && this.inFlight.length === 0) {
      this.out.push("STOPDT con")
      this.phase = "stopped"
    }
    this.pump()
  }

  publish(count: number): void {
    this.events += count
    this.pump()
  }

  wait(ms: number): void {
    this.now += ms
    const { t1, t2, t3 } = this.rules
    const since = (at: number | undefined): number => (at === undefined || at < 0 ? -1 : this.now - at)
    if (since(this.inFlight[0]) >= t1) this.close("T1_IFRAME")
    else if (since(this.testedAt) >= t1) this.close("T1_TESTFR")
    if (this.phase === "closed") return
    if (this.phase !== "stopped" && since(this.owed[0]) >= t2) this.acknowledge()
    if (this.testedAt < 0 && since(this.heardAt) >= t3) {
      this.out.push("TESTFR act")
      this.testedAt = this.now
    }
  }

  /** When something is due; Infinity when nothing ever is. */
  get deadline(): number {
    const { t1, t2, t3 } = this.rules
    const test = this.testedAt < 0 ? this.heardAt + t3 : this.testedAt + t1
    const acknowledged = this.inFlight[0] === undefined ? Number.POSITIVE_INFINITY : this.inFlight[0] + t1
    const owed = this.owed[0] === undefined || this.phase === "stopped" ? Number.POSITIVE_INFINITY : this.owed[0] + t2
    return this.phase === "closed" ? Number.POSITIVE_INFINITY : Math.min(test, acknowledged, owed)
  }
}
