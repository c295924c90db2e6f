# What the scripts in this folder share. They set what an MDM would set, through the same bridge.

# A module does not hear what its caller set.
$ErrorActionPreference = 'Stop'

function Assert-LocalSystem {
    # The bridge answers the system account alone: psexec -s, a scheduled task, or the management tool's own agent.
    $sid = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    if ($sid -ne 'S-1-5-18') {
        throw 'Run this as the system account, for example: psexec.exe -s powershell.exe -ExecutionPolicy Bypass -File <this script>'
    }
}

function Assert-RADesk {
    # A 32-bit PowerShell, as some management agents start it, has another folder under that name.
    $programs = if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }
    $program = Join-Path $programs 'RA Desk\ra-desk.exe'
    if (-not (Test-Path -LiteralPath $program -PathType Leaf)) {
        throw "RA Desk is not in its usual folder ($program). Install it first, or change the path in the XML."
    }
}

function Get-AssignedAccess {
    $found = Get-CimInstance -Namespace 'root\cimv2\mdm\dmmap' -ClassName 'MDM_AssignedAccess'
    if ($null -eq $found) {
        throw 'This edition of Windows has no Assigned Access.'
    }
    $found
}

function Set-Configuration {
    param(
        [Parameter(Mandatory)] [ValidateSet('Configuration', 'ShellLauncher')] [string] $Property,
        [Parameter(Mandatory)] [AllowNull()] [AllowEmptyString()] [string] $Xml
    )
    $bridge = Get-AssignedAccess
    # The bridge takes XML as text inside XML.
    $bridge.$Property = if ([string]::IsNullOrEmpty($Xml)) { $null } else { [Net.WebUtility]::HtmlEncode($Xml) }
    Set-CimInstance -CimInstance $bridge
}

Export-ModuleMember -Function Assert-LocalSystem, Assert-RADesk, Set-Configuration
