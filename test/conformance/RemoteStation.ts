// A server somewhere behind TCP, in real time. Nobody can make its process do anything, so transcripts that need that,
// or other parameters than the server has, are not applicable. Its points have to be those of the transcripts.
import * as Backend from "./Backend.ts"
import * as Given from "./Given.ts"
import { TcpClient } from "./TcpClient.ts"

export interface Target {
  readonly host: string
  readonly port: number
  /** The link parameters that the server really has, in seconds. */
  readonly link: Given.Given["link"]
}

export class RemoteStation implements Backend.Backend {
  readonly toleranceMs = 1000
  private readonly target: Target
  private readonly beginMs = performance.now()
  private readonly clients = new Map<string, TcpClient>()
  private readonly happened: Backend.Happening[] = []
  private wake: () => void = () => {}

  constructor(target: Target, given: Given.Given) {
    this.target = target
    const same = Object.entries(given.link).every(([name, value]) => target.link[name as Given.LinkName] === value)
    if (!same) throw new Backend.NotApplicable("the server has other link parameters")
    const { link: _, points: __, ...said } = given
    const other = Object.entries(said).filter(([name, value]) => value !== Given.standard[name as keyof Given.Given])
    if (other.length > 0)
      throw new Backend.NotApplicable(
        `the server would have to be configured for it: ${other.map(([name]) => name).join(", ")}`
      )
  }

  async connect(label: string): Promise<void> {
    const { host, port } = this.target
    const client = await TcpClient.connect(
      label,
      host,
      port,
      (octets) => this.happen({ kind: "frame", label, atMs: this.nowMs(), octets }),
      () => this.happen({ kind: "closed", label, atMs: this.nowMs(), reason: "" })
    )
    this.clients.set(label, client)
  }

  async send(label: string, octets: Uint8Array): Promise<void> {
    this.find(label).socket.write(octets)
  }

  async handle(label: string, manner: Backend.Manner): Promise<void> {
    this.find(label).handle(manner)
  }

  async next(untilMs: number): Promise<Backend.Happening | null> {
    for (;;) {
      const first = this.happened.shift()
      if (first !== undefined) return first
      const leftMs = untilMs - this.nowMs()
      if (leftMs <= 0) return null
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  act(action: Backend.Action): Promise<void> {
    return Promise.reject(new Backend.NotApplicable(`nobody can make the server do: ${action.kind}`))
  }

  ask(): Promise<null> {
    return Promise.resolve(null)
  }

  async stop(): Promise<void> {
    for (const { socket } of this.clients.values()) socket.destroy()
  }

  private nowMs(): number {
    return performance.now() - this.beginMs
  }

  private find(label: string): TcpClient {
    const client = this.clients.get(label)
    if (client === undefined || client.closed) throw new Error(`there is no open connection ${label}`)
    return client
  }

  private happen(happening: Backend.Happening): void {
    this.happened.push(happening)
    this.wake()
  }
}
