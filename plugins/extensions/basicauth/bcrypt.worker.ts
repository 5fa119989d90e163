/** bcrypt, off the event loop: a wrong password must not stop the collector for a twentieth of a second. */
import { compare } from 'bcryptjs'

export default ({ password, hash }: { readonly password: string; readonly hash: string }): Promise<boolean> =>
  compare(password, hash)
