/** Stops the tests at once, with the reason, when npm left them on the machine's own old Node. */
export default (): void => {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 24)
    throw new Error(`the tests need Node 24 and run on ${process.version}; use "npm test", which installs it`)
}
