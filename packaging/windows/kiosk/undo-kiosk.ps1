#Requires -Version 5.1
<#
.SYNOPSIS
Takes Assigned Access and Shell Launcher back. Run as the system account.
.DESCRIPTION
RA Desk, its settings and its data stay. To stop it starting with Windows as a kiosk, install it again with
REINSTALL=ALL REINSTALLMODE=vamus KIOSK=0.
Not run by the project's own checks.
#>
[CmdletBinding()]
param()
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'kiosk.psm1') -Force
Assert-LocalSystem
$failed = 0
foreach ($property in 'Configuration', 'ShellLauncher') {
    # One that was never set may not be taken back; the other is, all the same.
    try { Set-Configuration -Property $property -Xml '' } catch { $failed++; Write-Warning "$property : $_" }
}
if ($failed -eq 2) { throw 'Neither could be taken back: this computer may still be a kiosk.' }
Write-Output 'Taken back, but for what is warned of above. Restart the computer.'
