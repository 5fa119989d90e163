/** The listening sides of the receiver: opened together, told of one another for their sentences, closed together. */
import type { Context } from 'seneca-collector'
import { tlsServerOptions } from 'seneca-collector/http'
import type { ByteBudget, TlsServerConfig, TlsServerOptions } from 'seneca-collector/http'
import { openHttp, pathOf } from './http.ts'
import type { Intake } from './intake.ts'
import type { GrpcConfig, HttpConfig } from './options.ts'
import type { Refusals } from './refusals.ts'
import { atGrpcPort, atHttpPort } from './remedies.ts'
import type { Places } from './remedies.ts'

export type Protocol = GrpcConfig | HttpConfig
export interface Protocols {
  readonly grpc?: GrpcConfig
  readonly http?: HttpConfig
}

interface Behind {
  readonly intake: Intake
  readonly budget: ByteBudget
  readonly refusals: Refusals
}

/** What both kinds of server have. */
interface Listener {
  listen(endpoint: string): Promise<string>
  /** Takes no more; resolves when what is open is answered. */
  close(): Promise<void>
  cut(): void
  renew(tls: TlsServerOptions): void
}

export interface Door {
  /** Where each listens, once it does. */
  readonly addresses: { readonly grpc?: string; readonly http?: string }
  open(): Promise<void>
  /** Cuts what is still open when `signal` aborts. */
  close(signal: AbortSignal): Promise<void>
}

export const createDoor = (ctx: Context<'receiver'>, { grpc, http }: Protocols, behind: Behind): Door => {
  const addresses: { grpc?: string; http?: string } = {}
  const listeners = new Set<Listener>()
  const cancels: (() => void)[] = []

  const places = (): Places => ({
    grpc: addresses.grpc,
    http: addresses.http,
    isGrpcSecure: grpc?.tls !== undefined,
    isHttpSecure: http?.tls !== undefined,
    paths: new Map(http === undefined ? [] : ctx.signals.map((signal) => [signal, pathOf(http, signal)])),
  })
  const renewing = (name: string, tls: TlsServerConfig | undefined, listener: Listener): void => {
    if (tls === undefined || tls.reload_interval === 0) return
    const again = (): void => {
      try {
        listener.renew(tlsServerOptions(tls, ctx.folder))
      } catch (error) {
        ctx.log.warn(`the certificates of ${name} stay as they are`, { reason: (error as Error).message })
      }
    }
    cancels.push(ctx.clock.every(tls.reload_interval, again))
  }
  const listen = async (name: 'grpc' | 'http', { endpoint, tls }: Protocol, listener: Listener): Promise<void> => {
    listeners.add(listener)
    addresses[name] = await listener.listen(endpoint)
    renewing(name, tls, listener)
    ctx.log.info(`OTLP over ${name} is taken`, { address: addresses[name], signals: ctx.signals.join(', ') })
  }
  const openAll = async (): Promise<void> => {
    const { intake, budget, refusals } = behind
    if (grpc !== undefined) {
      // Imported by who asks for it: gRPC is as much code again as all the rest here.
      const { openGrpc } = await import('./grpc.ts')
      const explain = (spoken: Parameters<typeof atGrpcPort>[0]): string => atGrpcPort(spoken, places())
      const onRefused = (reason: string, sentence: string): void => refusals.add('grpc', reason, sentence)
      await listen('grpc', grpc, openGrpc(ctx, grpc, { intake, budget, explain, onRefused }))
    }
    if (http !== undefined) {
      const explain = (spoken: Parameters<typeof atHttpPort>[0]): string => atHttpPort(spoken, places())
      const onRefused = (reason: string, sentence: string): void => refusals.add('http', reason, sentence)
      await listen('http', http, openHttp(ctx, http, { intake, budget, explain, onRefused, places }))
    }
  }
  const closeAll = async (): Promise<void> => {
    for (const cancel of cancels.splice(0)) cancel()
    await Promise.all([...listeners].map((listener) => listener.close()))
    listeners.clear()
  }
  return {
    addresses,
    async open() {
      try {
        await openAll()
      } catch (error) {
        await closeAll()
        throw error
      }
    },
    async close(signal) {
      const cut = (): void => {
        for (const listener of listeners) listener.cut()
      }
      signal.addEventListener('abort', cut, { once: true })
      await closeAll()
      signal.removeEventListener('abort', cut)
    },
  }
}
