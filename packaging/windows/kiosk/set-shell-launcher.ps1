#Requires -Version 5.1
<#
.SYNOPSIS
Shows RA Desk in place of the Explorer to one account (Shell Launcher). Run as the system account.
.DESCRIPTION
Turns the Windows feature on if it is off. undo-kiosk.ps1 takes it back. Not run by the project's own checks.
.PARAMETER Account
The local or domain account of the kiosk, as COMPUTER\name or DOMAIN\name.
#>
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Account)
$ErrorActionPreference = 'Stop'
Import-Module (Join-Path $PSScriptRoot 'kiosk.psm1') -Force
Assert-LocalSystem
Assert-RADesk
$feature = Get-WindowsOptionalFeature -Online -FeatureName 'Client-EmbeddedShellLauncher'
if ($null -eq $feature) {
    throw 'This edition of Windows has no Shell Launcher (it needs Enterprise, Education or IoT).'
}
if ($feature.State -ne 'Enabled') {
    Enable-WindowsOptionalFeature -Online -FeatureName 'Client-EmbeddedShellLauncher' -All -NoRestart | Out-Null
}
$xml = Get-Content -LiteralPath (Join-Path $PSScriptRoot 'shell-launcher.xml') -Raw -Encoding UTF8
Set-Configuration -Property ShellLauncher -Xml $xml.Replace('{Account}', [Security.SecurityElement]::Escape($Account))
Write-Output "Shell Launcher is set for $Account. Restart the computer."
