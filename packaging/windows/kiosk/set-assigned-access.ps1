#Requires -Version 5.1
<#
.SYNOPSIS
Makes this computer a kiosk that shows RA Desk and nothing else (Assigned Access). Run as the system account.
.DESCRIPTION
After a restart Windows shows the kiosk. undo-kiosk.ps1 takes it back. Not run by the project's own checks.
#>
[CmdletBinding()]
param()
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'kiosk.psm1') -Force
Assert-LocalSystem
Assert-RADesk
Set-Configuration -Property Configuration -Xml (Get-Content -LiteralPath (Join-Path $PSScriptRoot 'assigned-access.xml') -Raw -Encoding UTF8)
Write-Output 'Assigned Access is set. Restart the computer.'
