#Requires -Version 5.1
<#
.SYNOPSIS
Takes Assigned Access and Shell Launcher back. Run as the system account.
.DESCRIPTION
RA Desk, its settings and its data stay. To stop it starting with Windows as a kiosk, reinstall it with KIOSK=0.
Not run by the project's own checks.
#>
[CmdletBinding()]
param()
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'kiosk.psm1') -Force
Assert-LocalSystem
Set-Configuration -Property Configuration -Xml ''
Set-Configuration -Property ShellLauncher -Xml ''
Write-Output 'This computer is no kiosk any more. Restart the computer.'
